namespace ResearchFreeze.Data;

/// <summary>What a file holds, on one line and not longer than a message should be.</summary>
internal static class TableText
{
    private const int MostCharacters = 40;
    private const int MostNames = 8;

    public static string Shown(string text)
    {
        // What a terminal would obey is not shown to it.
        string line = string.Concat(text.ReplaceLineEndings(" ").Select(c => char.IsControl(c) && c != '\t' ? '\uFFFD' : c));
        return line.Length <= MostCharacters ? $"'{line}'" : $"'{line[..MostCharacters]}…'";
    }

    public static string Shown(IReadOnlyList<string> names) => string.Join(", ", names.Take(MostNames).Select(Shown)) + (names.Count > MostNames ? ", …" : "");
}
