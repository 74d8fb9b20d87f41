namespace ResearchFreeze.Data;

/// <summary>
/// Data that is not what it should be. The message is one line: what is wrong (a file or a set), what was expected, what was found.
/// It is an <see cref="IOException"/>, as missing files and folders are, so that one handler serves everything that can be wrong with data.
/// </summary>
public sealed class DataFormatException : IOException
{
    /// <summary>The message becomes "source: expected …, found …."</summary>
    public DataFormatException(string source, string expected, string found, Exception? inner = null)
        : base($"{source}: expected {expected}, found {found}.", inner)
    {
    }
}
