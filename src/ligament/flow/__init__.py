"""The seven stages from reading to reconciling, one public function each."""
