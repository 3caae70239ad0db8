from tests.web.conftest import Shop


def test_the_owner_is_made_once_signed_in_and_sees_the_clinics(shop: Shop) -> None:
    person = shop.person()
    done = person.set_up(shop.key)
    assert done.status == 200, done.text
    assert len(person.recovery) == 10
    page = person.follow(person.get("/"))
    assert (page.status, page.url) == (200, "http://127.0.0.1:8321/clinics")
    assert "North" in page.text
    page = person.get("/c/north/")
    assert page.status == 200
    assert not shop.key
    person.send(person.get("/account"), "/sign-out")
    assert person.get("/clinics").status == 303
    back = person.sign_in()
    assert back.status == 303, back.text
    for path in ("/users", "/tokens", "/account", "/clinics", "/account/authenticator"):
        assert person.get(path).status == 200, path
