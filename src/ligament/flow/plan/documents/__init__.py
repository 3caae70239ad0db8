"""Planning of invoices and credit notes."""
