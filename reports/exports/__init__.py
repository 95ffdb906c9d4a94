"""The month as workbook, PDF and CSV."""
