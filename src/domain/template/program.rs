//! The compiled form of a template: MiniJinja's own, of a tree in which whatever can make a value grow asks the
//! [`meter`](super::meter) first.
//!
//! The engine has no place where its operators could be counted, so the tree is rewritten before it becomes
//! instructions: `a + b` is `a | #grow + b | #grow | #made`, and so on. Names with `#` cannot be written in a template.
//! Every kind of node is matched here: one that a later MiniJinja adds does not compile until somebody has thought of it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Mutex, OnceLock, PoisonError};

use minijinja::Value;
use minijinja::machinery::ast::{self, BinOpKind, CallArg, Expr, Spanned, Stmt};
use minijinja::machinery::{CodeGenerator, Instructions, Span, parse};
use minijinja::syntax::SyntaxConfig;

use super::error::TemplateError;
use crate::limits::TEMPLATE_NESTING_MAX;

/// Charges an operand of `~` and `+` for what it adds.
pub(super) const GROW: &str = "#grow";
/// Charges an operand that is compared or looked up.
pub(super) const READ: &str = "#read";
/// Takes what an operator or a literal made.
pub(super) const MADE: &str = "#made";
/// Charges for going through a list.
pub(super) const SCAN: &str = "#scan";
/// Takes what is put into a namespace.
pub(super) const KEPT: &str = "#kept";
/// Multiplies.
pub(super) const TIMES: &str = "#times";
/// Charges for what a macro holds on to.
pub(super) const CLOSURE: &str = "#closure";

/// A template ready to run.
pub(super) struct Program {
    pub(super) instructions: Instructions<'static>,
    pub(super) blocks: BTreeMap<&'static str, Instructions<'static>>,
    /// Names that are read at the top level and set nowhere.
    pub(super) variables: BTreeSet<&'static str>,
    /// Names of fields that are read of anything.
    pub(super) names: BTreeSet<&'static str>,
}

impl Program {
    pub(super) fn new(source: &str) -> Result<Self, TemplateError> {
        let tree = parse(source, "template", SyntaxConfig::default())
            .map_err(|error| TemplateError::from_engine(&error, source))?;
        let mut rewriter = Rewriter { source, ..Rewriter::default() };
        let tree = rewriter.stmt(&tree)?;
        let mut generator = CodeGenerator::new("template", "");
        tree.iter().for_each(|stmt| generator.compile_stmt(stmt));
        let (instructions, blocks) = generator.finish();
        let variables = rewriter.reads.difference(&rewriter.sets).copied().collect();
        Ok(Self { instructions, blocks, variables, names: rewriter.names })
    }
}

/// A name that lives as long as the program, because the engine's instructions borrow theirs. Each is kept once; names
/// come from the config alone, and there are few.
fn kept(name: &str) -> &'static str {
    static NAMES: OnceLock<Mutex<HashSet<&'static str>>> = OnceLock::new();
    let mut names = NAMES.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return known;
    }
    let name: &'static str = Box::leak(name.into());
    names.insert(name);
    name
}

type Rewritten<T> = Result<T, TemplateError>;

#[derive(Default)]
struct Rewriter<'s> {
    source: &'s str,
    depth: usize,
    /// How many loops and macros are around.
    around: usize,
    reads: BTreeSet<&'static str>,
    sets: BTreeSet<&'static str>,
    names: BTreeSet<&'static str>,
}

impl Rewriter<'_> {
    fn wrong<T>(&self, span: Span, what: &str, hint: &str) -> Rewritten<T> {
        let hint = Some(hint.to_owned());
        Err(TemplateError::at(self.source, span.start_offset as usize, what.to_owned(), hint))
    }

    fn body(&mut self, stmts: &[Stmt<'_>]) -> Rewritten<Vec<Stmt<'static>>> {
        let mut all = Vec::with_capacity(stmts.len());
        for stmt in stmts {
            all.extend(self.stmt(stmt)?);
        }
        Ok(all)
    }

    /// A body that runs more than once.
    fn repeated(&mut self, stmts: &[Stmt<'_>]) -> Rewritten<Vec<Stmt<'static>>> {
        self.around += 1;
        let body = self.body(stmts);
        self.around -= 1;
        body
    }

    fn stmt(&mut self, stmt: &Stmt<'_>) -> Rewritten<Vec<Stmt<'static>>> {
        Ok(vec![match stmt {
            Stmt::Template(s) => return self.body(&s.children),
            Stmt::EmitExpr(s) => emit(self.expr(&s.expr)?, s.span()),
            // As a value it is charged like any other: a long text in a loop is how to fill the memory most simply.
            Stmt::EmitRaw(s) => emit(constant(Value::from_safe_string(s.raw.to_owned()), s.span()), s.span()),
            Stmt::ForLoop(s) => Stmt::ForLoop(self.for_loop(s)?),
            Stmt::IfCond(s) => {
                let expr = self.expr(&s.expr)?;
                let (true_body, false_body) = (self.body(&s.true_body)?, self.body(&s.false_body)?);
                Stmt::IfCond(Spanned::new(ast::IfCond { expr, true_body, false_body }, s.span()))
            }
            Stmt::WithBlock(s) => {
                let mut assignments = Vec::with_capacity(s.assignments.len());
                for (target, expr) in &s.assignments {
                    let expr = self.expr(expr)?;
                    assignments.push((self.target(target)?, keeping(target, expr)));
                }
                let body = self.body(&s.body)?;
                Stmt::WithBlock(Spanned::new(ast::WithBlock { assignments, body }, s.span()))
            }
            Stmt::Set(s) => {
                let expr = keeping(&s.target, self.expr(&s.expr)?);
                Stmt::Set(Spanned::new(ast::Set { target: self.target(&s.target)?, expr }, s.span()))
            }
            Stmt::SetBlock(s) => {
                let filter = s.filter.as_ref().map(|filter| self.expr(filter)).transpose()?;
                let (target, body) = (self.target(&s.target)?, self.body(&s.body)?);
                Stmt::SetBlock(Spanned::new(ast::SetBlock { target, filter, body }, s.span()))
            }
            Stmt::AutoEscape(s) => {
                let (enabled, body) = (self.expr(&s.enabled)?, self.body(&s.body)?);
                Stmt::AutoEscape(Spanned::new(ast::AutoEscape { enabled, body }, s.span()))
            }
            Stmt::FilterBlock(s) => {
                let (filter, body) = (self.expr(&s.filter)?, self.body(&s.body)?);
                Stmt::FilterBlock(Spanned::new(ast::FilterBlock { filter, body }, s.span()))
            }
            Stmt::Macro(s) => {
                self.sets.insert(kept(s.name));
                let this = Stmt::Macro(Spanned::new(self.macro_decl(s)?, s.span()));
                return Ok(self.declared(this, s.span()));
            }
            Stmt::CallBlock(s) => {
                let call = Spanned::new(self.call(&s.call)?, s.call.span());
                let macro_decl = Spanned::new(self.macro_decl(&s.macro_decl)?, s.macro_decl.span());
                let this = Stmt::CallBlock(Spanned::new(ast::CallBlock { call, macro_decl }, s.span()));
                return Ok(self.declared(this, s.span()));
            }
            Stmt::Continue(s) => Stmt::Continue(Spanned::new(ast::Continue, s.span())),
            Stmt::Break(s) => Stmt::Break(Spanned::new(ast::Break, s.span())),
            Stmt::Do(s) => {
                let call = Spanned::new(self.call(&s.call)?, s.call.span());
                Stmt::Do(Spanned::new(ast::Do { call }, s.span()))
            }
            Stmt::Block(s) => return self.alone(s.span()),
            Stmt::Import(s) => return self.alone(s.span()),
            Stmt::FromImport(s) => return self.alone(s.span()),
            Stmt::Extends(s) => return self.alone(s.span()),
            Stmt::Include(s) => return self.alone(s.span()),
        }])
    }

    fn alone<T>(&self, span: Span) -> Rewritten<T> {
        self.wrong(
            span,
            "a template stands alone: there is nothing to include, import or extend",
            "write it out here",
        )
    }

    fn for_loop(&mut self, s: &Spanned<ast::ForLoop<'_>>) -> Rewritten<Spanned<ast::ForLoop<'static>>> {
        let iter = keeping(&s.target, asking(SCAN, self.expr(&s.iter)?));
        let target = self.target(&s.target)?;
        self.around += 1;
        let filter_expr = s.filter_expr.as_ref().map(|expr| self.expr(expr)).transpose();
        self.around -= 1;
        let (filter_expr, body) = (filter_expr?, self.repeated(&s.body)?);
        let else_body = self.body(&s.else_body)?;
        let recursive = s.recursive;
        Ok(Spanned::new(ast::ForLoop { target, iter, filter_expr, recursive, body, else_body }, s.span()))
    }

    fn macro_decl(&mut self, s: &ast::Macro<'_>) -> Rewritten<ast::Macro<'static>> {
        self.sets.insert("caller");
        let args = s.args.iter().map(|arg| self.target(arg)).collect::<Rewritten<_>>()?;
        let defaults = self.exprs(&s.defaults)?;
        let body = self.repeated(&s.body)?;
        Ok(ast::Macro { name: kept(s.name), args, defaults, body })
    }

    /// A macro that is declared again and again holds on to a closure each time.
    fn declared(&self, this: Stmt<'static>, span: Span) -> Vec<Stmt<'static>> {
        if self.around == 0 {
            return vec![this];
        }
        vec![emit(asking(CLOSURE, constant(Value::from(""), span)), span), this]
    }

    /// What is assigned to.
    fn target(&mut self, target: &Expr<'_>) -> Rewritten<Expr<'static>> {
        let span = target.span();
        match target {
            Expr::Var(var) => {
                self.sets.insert(kept(var.id));
                Ok(Expr::Var(Spanned::new(ast::Var { id: kept(var.id) }, span)))
            }
            Expr::List(list) => {
                let items = list.items.iter().map(|item| self.target(item)).collect::<Rewritten<_>>()?;
                Ok(Expr::List(Spanned::new(ast::List { items }, span)))
            }
            Expr::Tuple(tuple) => {
                let items = tuple.items.iter().map(|item| self.target(item)).collect::<Rewritten<_>>()?;
                Ok(Expr::Tuple(Spanned::new(ast::Tuple { items }, span)))
            }
            other => self.expr(other),
        }
    }

    fn exprs(&mut self, exprs: &[Expr<'_>]) -> Rewritten<Vec<Expr<'static>>> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    fn expr(&mut self, expr: &Expr<'_>) -> Rewritten<Expr<'static>> {
        if self.depth == TEMPLATE_NESTING_MAX {
            return self.wrong(
                expr.span(),
                "this expression is nested too deeply",
                "split it with `{% set %}`",
            );
        }
        self.depth += 1;
        let rewritten = self.any_expr(expr);
        self.depth -= 1;
        rewritten
    }

    fn any_expr(&mut self, expr: &Expr<'_>) -> Rewritten<Expr<'static>> {
        let span = expr.span();
        Ok(match expr {
            Expr::Var(e) => {
                if !(self.around > 0 && e.id == "loop") {
                    self.reads.insert(kept(e.id));
                }
                Expr::Var(Spanned::new(ast::Var { id: kept(e.id) }, span))
            }
            Expr::Const(e) => {
                // `payload.get('title')`, `map(attribute='labels')`: a text may be a name.
                if let Some(name) = e.value.as_str().filter(|text| is_name(text)) {
                    self.names.insert(kept(name));
                }
                constant(e.value.clone(), span)
            }
            Expr::Slice(e) => self.slice(e)?,
            Expr::UnaryOp(e) => {
                #[allow(clippy::needless_match, reason = "it cannot be moved or copied out of the tree")]
                let op = match e.op {
                    ast::UnaryOpKind::Not => ast::UnaryOpKind::Not,
                    ast::UnaryOpKind::Neg => ast::UnaryOpKind::Neg,
                };
                Expr::UnaryOp(Spanned::new(ast::UnaryOp { op, expr: self.expr(&e.expr)? }, span))
            }
            Expr::BinOp(e) => self.bin_op(e)?,
            Expr::Compare(e) => self.compare(e)?,
            Expr::IfExpr(e) => {
                let (test_expr, true_expr) = (self.expr(&e.test_expr)?, self.expr(&e.true_expr)?);
                let false_expr = e.false_expr.as_ref().map(|expr| self.expr(expr)).transpose()?;
                Expr::IfExpr(Spanned::new(ast::IfExpr { test_expr, true_expr, false_expr }, span))
            }
            Expr::Filter(e) => {
                let expr = e.expr.as_ref().map(|expr| self.expr(expr)).transpose()?;
                let args = self.args(&e.args)?;
                Expr::Filter(Spanned::new(ast::Filter { name: kept(e.name), expr, args }, span))
            }
            Expr::Test(e) => {
                let (expr, args) = (self.expr(&e.expr)?, self.args(&e.args)?);
                Expr::Test(Spanned::new(ast::Test { name: kept(e.name), expr, args }, span))
            }
            Expr::GetAttr(e) => {
                let expr = self.expr(&e.expr)?;
                self.names.insert(kept(e.name));
                Expr::GetAttr(Spanned::new(ast::GetAttr { expr, name: kept(e.name) }, span))
            }
            Expr::GetItem(e) => {
                let (expr, subscript_expr) = (self.expr(&e.expr)?, self.operand(&e.subscript_expr)?);
                Expr::GetItem(Spanned::new(ast::GetItem { expr, subscript_expr }, span))
            }
            Expr::Call(e) => Expr::Call(Spanned::new(self.call(e)?, span)),
            Expr::List(e) => {
                literal(Expr::List(Spanned::new(ast::List { items: self.exprs(&e.items)? }, span)))
            }
            Expr::Tuple(e) => {
                literal(Expr::Tuple(Spanned::new(ast::Tuple { items: self.exprs(&e.items)? }, span)))
            }
            Expr::Map(e) => {
                let keys = e.keys.iter().map(|key| self.operand(key)).collect::<Rewritten<_>>()?;
                literal(Expr::Map(Spanned::new(ast::Map { keys, values: self.exprs(&e.values)? }, span)))
            }
        })
    }

    /// A part of a list is unrolled: the engine's are lazy, and lazy parts of parts have no end.
    fn slice(&mut self, e: &Spanned<ast::Slice<'_>>) -> Rewritten<Expr<'static>> {
        let expr = asking(SCAN, self.expr(&e.expr)?);
        let mut bound = |bound: &Option<Expr<'_>>| bound.as_ref().map(|expr| self.expr(expr)).transpose();
        let (start, stop, step) = (bound(&e.start)?, bound(&e.stop)?, bound(&e.step)?);
        Ok(asking(MADE, Expr::Slice(Spanned::new(ast::Slice { expr, start, stop, step }, e.span()))))
    }

    fn bin_op(&mut self, e: &Spanned<ast::BinOp<'_>>) -> Rewritten<Expr<'static>> {
        let span = e.span();
        let (left, right) = (self.expr(&e.left)?, self.expr(&e.right)?);
        let op = |left, right| Expr::BinOp(Spanned::new(ast::BinOp { op: e.op, left, right }, span));
        Ok(match e.op {
            BinOpKind::Concat => op(asking(GROW, left), asking(GROW, right)),
            BinOpKind::Add => asking(MADE, op(asking(GROW, left), asking(GROW, right))),
            BinOpKind::Mul => filter(TIMES, left, vec![CallArg::Pos(right)]),
            BinOpKind::Eq
            | BinOpKind::Ne
            | BinOpKind::Lt
            | BinOpKind::Lte
            | BinOpKind::Gt
            | BinOpKind::Gte
            | BinOpKind::In => op(reading(left), reading(right)),
            // Numbers and truth.
            BinOpKind::ScAnd
            | BinOpKind::ScOr
            | BinOpKind::Sub
            | BinOpKind::Div
            | BinOpKind::FloorDiv
            | BinOpKind::Rem
            | BinOpKind::Pow => op(left, right),
        })
    }

    fn compare(&mut self, e: &Spanned<ast::Compare<'_>>) -> Rewritten<Expr<'static>> {
        let expr = self.operand(&e.expr)?;
        let mut ops = Vec::with_capacity(e.ops.len());
        for op in &e.ops {
            ops.push(ast::CompareOp { op: op.op, expr: self.operand(&op.expr)? });
        }
        Ok(Expr::Compare(Spanned::new(ast::Compare { expr, ops }, e.span())))
    }

    fn operand(&mut self, expr: &Expr<'_>) -> Rewritten<Expr<'static>> {
        Ok(reading(self.expr(expr)?))
    }

    fn call(&mut self, call: &ast::Call<'_>) -> Rewritten<ast::Call<'static>> {
        Ok(ast::Call { expr: self.expr(&call.expr)?, args: self.args(&call.args)? })
    }

    fn args(&mut self, args: &[CallArg<'_>]) -> Rewritten<Vec<CallArg<'static>>> {
        let rewritten = args.iter().map(|arg| {
            Ok(match arg {
                CallArg::Pos(expr) => CallArg::Pos(self.expr(expr)?),
                CallArg::Kwarg(name, expr) => CallArg::Kwarg(kept(name), self.expr(expr)?),
                CallArg::PosSplat(expr) => CallArg::PosSplat(asking(MADE, self.expr(expr)?)),
                CallArg::KwargSplat(expr) => CallArg::KwargSplat(asking(MADE, self.expr(expr)?)),
            })
        });
        rewritten.collect()
    }
}

fn is_name(text: &str) -> bool {
    text.len() <= 64 && !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn filter(name: &'static str, expr: Expr<'static>, args: Vec<CallArg<'static>>) -> Expr<'static> {
    let span = expr.span();
    Expr::Filter(Spanned::new(ast::Filter { name, expr: Some(expr), args }, span))
}

fn asking(name: &'static str, expr: Expr<'static>) -> Expr<'static> {
    filter(name, expr, Vec::new())
}

/// What is written in the template is as short as the template.
fn reading(expr: Expr<'static>) -> Expr<'static> {
    if matches!(expr, Expr::Const(_)) { expr } else { asking(READ, expr) }
}

/// A namespace that held itself would never be given back.
fn keeping(target: &Expr<'_>, expr: Expr<'static>) -> Expr<'static> {
    if is_plain(target) { expr } else { asking(KEPT, expr) }
}

fn is_plain(target: &Expr<'_>) -> bool {
    match target {
        Expr::Var(_) => true,
        Expr::List(list) => list.items.iter().all(is_plain),
        Expr::Tuple(tuple) => tuple.items.iter().all(is_plain),
        _ => false,
    }
}

fn literal(expr: Expr<'static>) -> Expr<'static> {
    if expr.as_const().is_some() { expr } else { asking(MADE, expr) }
}

fn constant(value: Value, span: Span) -> Expr<'static> {
    Expr::Const(Spanned::new(ast::Const { value }, span))
}

fn emit(expr: Expr<'static>, span: Span) -> Stmt<'static> {
    Stmt::EmitExpr(Spanned::new(ast::EmitExpr { expr }, span))
}
