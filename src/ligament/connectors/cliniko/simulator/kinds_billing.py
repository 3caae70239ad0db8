"""The kinds that carry money: invoices, their items, the price list and what appointments charge by default."""

from __future__ import annotations

from ligament.connectors.cliniko.simulator.kinds import (
    ARCHIVED,
    BASIC_FILTERS,
    REMOVAL,
    REMOVED,
    STAMPS,
    Kind,
    Type,
    Verb,
    typed,
)

INVOICES = Kind(
    name="invoices",
    singular="invoice",
    fields={
        **typed(
            integer="number status calculation_method",
            date="issue_date",
            instant="closed_at",
            decimal="net_amount tax_amount total_amount discounted_amount",
            text="status_description calculation_method_description invoice_to patient_extra_information notes"
            " online_payment_url",
        ),
        **REMOVAL,
        **STAMPS,
    },
    one={
        "patient": "patients",
        "practitioner": "practitioners",
        "business": "businesses",
        "appointment": "appointments",
        "attendee": "attendees",
        "original_invoice": "invoices",
        "signature": "signatures",
    },
    many={
        "invoice_items": "invoices/{id}/invoice_items",
        "reversed_invoices": "invoices?q%5B%5D=original_invoice_id%3A%3D{id}",
    },
    filters={
        **BASIC_FILTERS,
        **REMOVAL,
        **typed(
            id="appointment_id attendee_id business_id original_invoice_id patient_id practitioner_id",
            integer="number status",
            date="issue_date",
            instant="closed_at",
        ),
    },
    hidden_by=REMOVED,
)

INVOICE_ITEMS = Kind(
    name="invoice_items",
    singular="invoice_item",
    fields={
        **typed(
            text="name code concession_type_name tax_name",
            boolean="is_monetary_discount",
            decimal="quantity unit_price discount_percentage discounted_amount tax_rate tax_amount net_price"
            " total_including_tax",
        ),
        **REMOVAL,
        **STAMPS,
    },
    one={"billable_item": "billable_items", "product": "products", "invoice": "invoices"},
    filters={**BASIC_FILTERS, **REMOVAL, **typed(id="invoice_id source_item_id")},
    defaults={"quantity": "1.0", "unit_price": "0.0", "is_monetary_discount": False, "concession_type_name": ""},
    hidden_by=REMOVED,
)

BILLABLE_ITEMS = Kind(
    name="billable_items",
    singular="billable_item",
    fields={**typed(text="name item_code item_type", decimal="price", instant="archived_at"), **STAMPS},
    one={"tax": "taxes"},
    filters={**BASIC_FILTERS, **typed(instant="archived_at", id="tax_id")},
    defaults={"name": "", "item_type": "Service", "price": "0.0"},
    hidden_by=ARCHIVED,
    verbs=frozenset({Verb.CREATE, Verb.UPDATE, Verb.ARCHIVE}),
    writable=typed(text="name item_code item_type", decimal="price", id="tax_id"),
    required=("name", "price"),
    longest={"name": 255, "item_code": 100},
    choices={"item_type": ("Product", "Service", "Other")},
)

PRODUCTS = Kind(
    name="products",
    singular="product",
    fields={
        **typed(
            text="name item_code serial_number notes product_supplier_name",
            decimal="cost_price price_ex_tax price_including_tax stock_level",
            id="product_supplier_id",
            instant="archived_at",
        ),
        **STAMPS,
    },
    one={"tax": "taxes", "product_supplier": "product_suppliers"},
    many={"stock_adjustments": "stock_adjustments?q%5B%5D=product_id%3A%3D{id}"},
    filters={**BASIC_FILTERS, **typed(instant="archived_at", text="name", id="tax_id")},
    defaults={"name": ""},
    hidden_by=ARCHIVED,
    verbs=frozenset({Verb.CREATE, Verb.UPDATE, Verb.ARCHIVE}),
    # The API takes `price` with `price_includes_tax` and answers with the two prices [6.7].
    writable=typed(
        text="name item_code serial_number notes",
        decimal="cost_price price",
        boolean="price_includes_tax",
        id="tax_id product_supplier_id",
    ),
    required=("name",),
    longest={"name": 255, "item_code": 100, "serial_number": 255},
)

PRODUCT_SUPPLIERS = Kind(
    name="product_suppliers",
    singular="product_supplier",
    fields={"name": Type.TEXT, **STAMPS},
    filters={**BASIC_FILTERS, "name": Type.TEXT},
    defaults={"name": ""},
    verbs=frozenset({Verb.CREATE, Verb.UPDATE, Verb.ARCHIVE}),
    writable=typed(text="name"),
    required=("name",),
    hidden_by=ARCHIVED,
)

TAXES = Kind(
    name="taxes",
    singular="tax",
    fields={**typed(text="name", decimal="rate amount"), **STAMPS},
    filters=BASIC_FILTERS,
    defaults={"name": "", "rate": "0.0", "amount": "0.0"},
    verbs=frozenset({Verb.CREATE, Verb.UPDATE, Verb.DELETE}),
    writable=typed(text="name", decimal="rate"),
    required=("name", "rate"),
    longest={"name": 255},
)

CONCESSION_TYPES = Kind(
    name="concession_types",
    singular="concession_type",
    fields={**typed(text="name", instant="archived_at"), **STAMPS},
    filters={**BASIC_FILTERS, "archived_at": Type.INSTANT},
    defaults={"name": ""},
    hidden_by=ARCHIVED,
    verbs=frozenset({Verb.CREATE, Verb.UPDATE}),
    writable=typed(text="name"),
    required=("name",),
    longest={"name": 255},
)

CONCESSION_PRICES = Kind(
    name="concession_prices",
    singular="concession_price",
    fields={**typed(decimal="price"), **STAMPS},
    one={"billable_item": "billable_items", "concession_type": "concession_types"},
    filters={**BASIC_FILTERS, **typed(id="billable_item_id concession_type_id")},
    # Whether these verbs exist is a switch: only public code of 2026 shows them.
    verbs=frozenset({Verb.CREATE, Verb.UPDATE}),
    writable=typed(decimal="price", id="billable_item_id concession_type_id"),
    required=("price", "billable_item_id", "concession_type_id"),
)

_DEFAULT_CHARGE = typed(
    decimal="quantity discount_percentage discounted_amount",
    boolean="is_monetary_discount",
)

APPOINTMENT_TYPE_BILLABLE_ITEMS = Kind(
    name="appointment_type_billable_items",
    singular="appointment_type_billable_item",
    fields={**_DEFAULT_CHARGE, **STAMPS},
    one={"appointment_type": "appointment_types", "billable_item": "billable_items"},
    filters={**BASIC_FILTERS, **typed(id="appointment_type_id billable_item_id")},
    defaults={"quantity": "1.0", "is_monetary_discount": False},
    verbs=frozenset({Verb.CREATE, Verb.UPDATE, Verb.DELETE}),
    writable={**_DEFAULT_CHARGE, **typed(id="appointment_type_id billable_item_id")},
    required=("appointment_type_id", "billable_item_id"),
)

APPOINTMENT_TYPE_PRODUCTS = Kind(
    name="appointment_type_products",
    singular="appointment_type_product",
    fields={**_DEFAULT_CHARGE, **STAMPS},
    one={"appointment_type": "appointment_types", "product": "products"},
    filters={**BASIC_FILTERS, **typed(id="appointment_type_id product_id")},
    defaults={"quantity": "1.0", "is_monetary_discount": False},
    verbs=frozenset({Verb.CREATE, Verb.UPDATE, Verb.DELETE}),
    writable={**_DEFAULT_CHARGE, **typed(id="appointment_type_id product_id")},
    required=("appointment_type_id", "product_id"),
)

BILLING = (
    INVOICES,
    INVOICE_ITEMS,
    BILLABLE_ITEMS,
    PRODUCTS,
    PRODUCT_SUPPLIERS,
    TAXES,
    CONCESSION_TYPES,
    CONCESSION_PRICES,
    APPOINTMENT_TYPE_BILLABLE_ITEMS,
    APPOINTMENT_TYPE_PRODUCTS,
)
