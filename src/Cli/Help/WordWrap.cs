namespace ResearchFreeze.Cli;

/// <summary>Text broken between words.</summary>
internal static class WordWrap
{
    /// <summary>Lines of at most so many columns, but for words that are longer.</summary>
    /// <param name="prefix">What the first line begins with.</param>
    /// <param name="text">The text.</param>
    /// <param name="columns">Columns of a line.</param>
    /// <param name="indent">Spaces before every line but the first.</param>
    public static IEnumerable<string> Lines(string prefix, string text, int columns, int indent)
    {
        string line = prefix;
        bool isEmpty = true;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!isEmpty && line.Length + 1 + word.Length > columns)
            {
                yield return line;
                (line, isEmpty) = (new string(' ', indent), true);
            }
            line += isEmpty ? word : $" {word}";
            isEmpty = false;
        }
        yield return line;
    }
}
