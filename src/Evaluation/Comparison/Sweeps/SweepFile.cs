using ResearchFreeze.Layers;

namespace ResearchFreeze.Evaluation;

/// <summary>A script or a list of commands in a comparison's folder. One that was written before is replaced, anything else of its name is not.</summary>
public static class SweepFile
{
    /// <summary>What a file of ours has in one of its first lines.</summary>
    public const string Mark = "# freeze sweep:";

    private const int First = 2;

    /// <summary>Finds out whether a file may be written.</summary>
    /// <exception cref="IOException">There is another of its name, which no sweep has written.</exception>
    public static void Check(string path)
    {
        if (Directory.Exists(path) || (File.Exists(path) && !File.ReadLines(path).Take(First).Any(line => line.StartsWith(Mark, StringComparison.Ordinal))))
            throw new IOException($"'{path}' was not written by a sweep, so it is not replaced.");
    }

    /// <summary>Writes one.</summary>
    /// <exception cref="IOException">See <see cref="Check"/>; or it cannot be written.</exception>
    public static void Write(string path, string text)
    {
        Check(path);
        AtomicFile.Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
    }
}
