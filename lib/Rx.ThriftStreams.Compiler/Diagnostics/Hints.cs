using System;
using System.Collections.Generic;

namespace Rx.ThriftStreams.Compiler.Diagnostics;

/// <summary>Suggests corrections for misspelled names.</summary>
internal static class Hints
{
    /// <summary>The cost limit for hints in one file, in compared pairs of characters; after that, messages have no hints.</summary>
    public const int BudgetPerFile = 10_000_000;

    /// <summary><c> Did you mean "x"?</c> for the nearest candidate; empty if no candidate is near.</summary>
    public static string DidYouMean(string written, IEnumerable<string> candidates)
    {
        var budget = BudgetPerFile;
        return DidYouMean(written, candidates, ref budget);
    }

    /// <summary>The same, charged to <paramref name="budget"/>.</summary>
    public static string DidYouMean(string written, IEnumerable<string> candidates, ref int budget)
    {
        var best = Nearest(written, candidates, ref budget);
        return best is null ? "" : $" Did you mean \"{best}\"?";
    }

    public static string? Nearest(string written, IEnumerable<string> candidates, ref int budget)
    {
        if (budget <= 0)
        {
            return null;
        }

        string? best = null;
        // A third of the characters may differ; in a very short name only the case.
        var bestDistance = written.Length < 3 ? 1 : Math.Max(1, written.Length / 3) + 1;
        var lower = written.ToLowerInvariant();
        var rows = new int[3][];
        foreach (var candidate in candidates)
        {
            budget--;
            if (Math.Abs(candidate.Length - written.Length) >= bestDistance)
            {
                continue;
            }

            budget -= written.Length * candidate.Length;
            if (budget <= 0)
            {
                return best;
            }

            var distance = Distance(lower, candidate.ToLowerInvariant(), rows);
            if (distance < bestDistance)
            {
                bestDistance = distance;
                best = candidate;
            }
        }

        return best;
    }

    // Restricted edit distance: a swap of neighbours counts once, as in "Reqeust".
    private static int Distance(string a, string b, int[][] rows)
    {
        for (var i = 0; i < 3; i++)
        {
            if (rows[i] is null || rows[i].Length <= b.Length)
            {
                rows[i] = new int[b.Length + 17];
            }
        }

        for (var j = 0; j <= b.Length; j++)
        {
            rows[0][j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            var row = rows[i % 3];
            var previous = rows[(i + 2) % 3];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                row[j] = Math.Min(Math.Min(previous[j] + 1, row[j - 1] + 1), previous[j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    row[j] = Math.Min(row[j], rows[(i + 1) % 3][j - 2] + 1);
                }
            }
        }

        return rows[a.Length % 3][b.Length];
    }
}
