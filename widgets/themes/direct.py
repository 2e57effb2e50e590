"""What our own templates are compiled to: Python that reads a field as Python does, and asks nobody what it may read.

Jinja asks its environment for each field, item and call, because a template may be anybody's. Ours are not.
`Environment.code_generator_class` is Jinja's own place for this, but how it writes a value is its private matter: a
release that changes that is seen by the tests of the templates.
"""

from __future__ import annotations

from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame


class Direct(CodeGenerator):
    """Writes `w.title` as `w.title`, and a value that is text already without a call around it."""

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        self.visit(node.node, frame)
        self.write(f".{node.attr}")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        self.visit(node.node, frame)
        self.write("[")
        self.visit(node.arg, frame)
        self.write("]")

    def visit_Include(self, node: nodes.Include, frame: Frame) -> None:
        """Hands on what the other template writes as one piece, so that no outer one passes on each of its own.

        Ours share their names; a theme's part gets copies.
        """
        if node.ignore_missing or not node.with_context or frame.buffer is not None:
            super().visit_Include(node, frame)
            return
        self.writeline("template = environment.get_template(", node)
        self.visit(node.template, frame)
        self.write(f", {self.name!r})")
        copies = f"template.new_context(context.get_all(), True, {self.dump_local_context(frame)})"
        self.writeline(f"names = context if template.environment is environment else {copies}")
        self.writeline("yield concat(template.root_render_func(names))")

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        """Text, whatever it is put together from: it is escaped when it is written."""
        self.write("str_join((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        if not isinstance(node.node, nodes.Getattr) or node.dyn_args or node.dyn_kwargs or forward_caller:
            super().visit_Call(node, frame, forward_caller)
            return
        self.visit(node.node, frame)
        self.write("(")
        self._arguments(node, frame)
        self.write(")")

    def _arguments(self, node: nodes.Call, frame: Frame) -> None:
        for argument in node.args:
            self.visit(argument, frame)
            self.write(", ")
        for named in node.kwargs:
            self.visit(named, frame)
            self.write(", ")

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        self.write("(escaped_text(value) if type(value := ")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        self.write(") is str else escaped(value))")
