"""What generated modules hold, as files that ``codegen.writer.parts`` reads; only tests import them."""
