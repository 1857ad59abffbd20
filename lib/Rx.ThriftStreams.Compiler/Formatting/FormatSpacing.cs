using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Formatting;

/// <summary>Where one space goes.</summary>
internal static class FormatSpacing
{
    /// <param name="left">What was printed.</param>
    /// <param name="right">What comes next.</param>
    /// <param name="angle">How many angle brackets are open.</param>
    /// <param name="tight">Whether <c>=</c> stands without spaces, as in annotations.</param>
    public static bool Between(FormatNode left, FormatNode right, int angle, bool tight)
    {
        if (right is GroupNode group)
        {
            return group.Kind != GroupKind.Arguments;
        }

        if (left is GroupNode)
        {
            // Behind annotations of an element type: "list<i32 (a="b")>".
            return ((TokenNode)right).Kind is not TokenKind.Greater and not TokenKind.Comma and not TokenKind.Colon;
        }

        var (a, b) = (((TokenNode)left).Kind, ((TokenNode)right).Kind);
        if (a == TokenKind.Equals || b == TokenKind.Equals)
        {
            return !tight;
        }

        if (a is TokenKind.Less or TokenKind.At || b is TokenKind.Less or TokenKind.Greater or TokenKind.Comma or TokenKind.Colon or TokenKind.Ampersand)
        {
            return false;
        }

        return a != TokenKind.Greater || angle == 0 || b == TokenKind.Identifier;
    }
}
