using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Formatting;

/// <summary>Decides where a space is printed.</summary>
internal static class FormatSpacing
{
    /// <param name="left">The node printed last.</param>
    /// <param name="right">The node to print next.</param>
    /// <param name="angle">The number of open angle brackets.</param>
    /// <param name="tight">Whether <c>=</c> is printed without spaces, as in annotations.</param>
    public static bool Between(FormatNode left, FormatNode right, int angle, bool tight)
    {
        if (right is GroupNode group)
        {
            return group.Kind != GroupKind.Arguments;
        }

        if (left is GroupNode)
        {
            // After annotations of an element type: "list<i32 (a="b")>".
            return ((TokenNode)right).Kind is not TokenKind.Greater and not TokenKind.Comma and not TokenKind.Colon;
        }

        var (a, b) = (((TokenNode)left).Kind, ((TokenNode)right).Kind);
        if (a == TokenKind.Equals || b == TokenKind.Equals)
        {
            return !tight;
        }

        if (a == TokenKind.Less || b is TokenKind.Less or TokenKind.Greater or TokenKind.Comma or TokenKind.Colon or TokenKind.Ampersand)
        {
            return false;
        }

        return a != TokenKind.Greater || angle == 0 || b == TokenKind.Identifier;
    }
}
