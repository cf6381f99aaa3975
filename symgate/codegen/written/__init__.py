"""What generated modules hold, as files of which ``symgate.codegen.parts`` reads the text; only tests import them."""
