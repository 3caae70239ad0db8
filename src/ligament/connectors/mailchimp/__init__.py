"""The connector to Mailchimp: one mailing list for recalls."""
