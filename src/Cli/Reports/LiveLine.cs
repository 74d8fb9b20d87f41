namespace ResearchFreeze.Cli;

/// <summary>One line of a terminal that is written over again and again, cut at the terminal's width so that it never breaks.</summary>
internal sealed class LiveLine(TextWriter terminal, int width)
{
    // To the line's beginning, and everything behind it gone: ECMA-48, which every terminal of today knows.
    private const string Clear = "\r\u001b[K";
    private bool isShown;

    /// <summary>Shows as many of the parts as fit: those of the lowest rank are kept longest, and stand in the order given.</summary>
    public void Show(params IReadOnlyList<(int Rank, string Text)> parts)
    {
        terminal.Write(Clear + Fit(parts, width - 1));
        terminal.Flush();
        isShown = true;
    }

    /// <summary>Writes lines that stay above it.</summary>
    public void Above(IEnumerable<string> lines)
    {
        End();
        foreach (string line in lines) terminal.WriteLine(line);
        terminal.Flush();
    }

    /// <summary>Takes the line away.</summary>
    public void End()
    {
        if (isShown) terminal.Write(Clear);
        isShown = false;
    }

    /// <summary>The parts that fit, two spaces between them.</summary>
    internal static string Fit(IReadOnlyList<(int Rank, string Text)> parts, int columns)
    {
        List<(int Rank, string Text)> kept = [.. parts.Where(part => part.Text.Length > 0)];
        while (kept.Count > 1 && Joined(kept).Length > columns) kept.Remove(kept.MaxBy(part => part.Rank));
        string line = Joined(kept);
        return line.Length <= columns ? line : line[..columns];
    }

    private static string Joined(List<(int Rank, string Text)> parts) => string.Join("  ", parts.Select(part => part.Text));
}
