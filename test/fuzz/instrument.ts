/**
 * Makes a source file count what it does: every function, block, branch and right-hand side of `&&`, `||` and `??`
 * gets a counter of its own in `__fuzzHits`. Also collects the file's words: the texts, numbers and keys in it,
 * which inputs are made of later. A transformer of the TypeScript compiler, so that no other parser is needed.
 */
import ts from 'typescript';

/** What the files seen so far need and have. */
export interface Instrumented {
  edges: number;
  readonly texts: Set<string>;
  readonly numbers: Set<number>;
}

/** Longer texts are messages for people. */
const LONGEST_WORD = 32;
const SHORT_CIRCUITS = [
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
];

/** The file as JavaScript that counts. */
export function instrument(source: string, fileName: string, found: Instrumented): string {
  return ts.transpileModule(source, {
    fileName,
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      inlineSourceMap: true,
      inlineSources: true,
    },
    transformers: { before: [counting(found)] },
  }).outputText;
}

function counting(found: Instrumented): ts.TransformerFactory<ts.SourceFile> {
  return (context) => {
    const { factory } = context;
    const hit = () =>
      factory.createPostfixIncrement(
        factory.createElementAccessExpression(factory.createIdentifier('__fuzzHits'), found.edges++),
      );
    const counted = (node: ts.Expression) =>
      factory.createParenthesizedExpression(factory.createComma(hit(), node));
    const block = (...statements: readonly ts.Statement[]) =>
      factory.createBlock([factory.createExpressionStatement(hit()), ...statements], true);
    /** Blocks have been counted by the time that what is around them is looked at. */
    const asBlock = (body: ts.Statement) => (ts.isBlock(body) ? body : block(body));

    const visit = (whole: ts.Node): ts.Node => {
      if (ts.isImportDeclaration(whole) || ts.isExportDeclaration(whole) || ts.isTypeNode(whole))
        return whole;
      collectWord(whole, found);
      const node = ts.visitEachChild(whole, visit, context);
      if (ts.isIfStatement(node)) {
        const otherwise = node.elseStatement === undefined ? block() : asBlock(node.elseStatement);
        return factory.updateIfStatement(node, node.expression, asBlock(node.thenStatement), otherwise);
      }
      if (ts.isConditionalExpression(node)) {
        const { condition, questionToken, whenTrue, colonToken, whenFalse } = node;
        const [yes, no] = [counted(whenTrue), counted(whenFalse)];
        return factory.updateConditionalExpression(node, condition, questionToken, yes, colonToken, no);
      }
      if (ts.isBinaryExpression(node) && SHORT_CIRCUITS.includes(node.operatorToken.kind)) {
        return factory.updateBinaryExpression(node, node.left, node.operatorToken, counted(node.right));
      }
      if (ts.isCaseClause(node)) {
        return factory.updateCaseClause(node, node.expression, [block(), ...node.statements]);
      }
      if (ts.isDefaultClause(node)) return factory.updateDefaultClause(node, [block(), ...node.statements]);
      if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) {
        const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken: arrow, body } = node;
        const counting = counted(body);
        return factory.updateArrowFunction(
          node,
          modifiers,
          typeParameters,
          parameters,
          type,
          arrow,
          counting,
        );
      }
      // The bodies of functions, of catch clauses and of most loops.
      if (ts.isBlock(node)) return factory.updateBlock(node, [block(), ...node.statements]);
      return node;
    };
    return (file) => ts.visitEachChild(file, visit, context);
  };
}

function collectWord(node: ts.Node, { texts, numbers }: Instrumented): void {
  if (ts.isNumericLiteral(node)) numbers.add(Number(node.text.replaceAll('_', '')));
  const isText = ts.isStringLiteralLike(node) || (ts.isIdentifier(node) && isKey(node));
  if (isText && node.text.length <= LONGEST_WORD && node.text !== '') texts.add(node.text);
}

function isKey(node: ts.Identifier): boolean {
  const { parent } = node;
  return parent !== undefined && ts.isPropertyAssignment(parent) && parent.name === node;
}
