namespace ResearchFreeze.Training;

/// <summary>The files of a run, and whose the files are that lie where it would write. Nothing is deleted that no run has written.</summary>
internal static class RunFiles
{
    /// <summary>The metric that has a column and fields of its own.</summary>
    public const string Accuracy = "accuracy";

    public const string Config = "config.json";
    public const string Metrics = "metrics.csv";
    public const string Decisions = "decisions.jsonl";
    public const string Last = "last.safetensors";
    public const string Best = "best.safetensors";
    public const string Summary = "summary.json";
    public const string Data = "data.json";
    public const string Tokenizer = "tokenizer.json";
    public const string Environment = "environment.json";
    public const string Lock = "run.lock";
    public const string Checkpoints = "checkpoints";

    /// <summary>What <see cref="Last"/> was called until 2026-11: old folders are read.</summary>
    public const string OldLast = "weights.safetensors";

    /// <summary>What each row of <see cref="Metrics"/> begins with.</summary>
    public static readonly string[] Columns = ["step", "epoch", "learningRate", "trainLoss", "validationLoss", "validationAccuracy", "frozenUnits", "seconds"];

    // The summary is the first to go and the settings are the last: a folder that is interrupted in between has no summary, and is still known as a run's.
    private static readonly string[] All = [Summary, Last, Best, OldLast, Metrics, Decisions, Environment, Data, Tokenizer, Config];

    /// <summary>The file of a metric's table for test data.</summary>
    public static string TableOf(string metric) => $"test-{metric}.csv";

    /// <summary>Whether a run writes a file of this name.</summary>
    public static bool IsName(string name) => All.Contains(name) || (name.StartsWith("test-", StringComparison.Ordinal) && name.EndsWith(".csv", StringComparison.Ordinal));

    /// <summary>Makes room for a run: finds what is in its way, and with <paramref name="overwrites"/> deletes it if it is an earlier run's.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="tables">The files of metrics' tables that it will write.</param>
    /// <param name="overwrites">Whether an earlier run may be overwritten.</param>
    /// <exception cref="IOException">There is an earlier run, or something else of a name that is needed. Nothing was deleted.</exception>
    public static void MakeRoom(string folder, IEnumerable<string> tables, bool overwrites)
    {
        // The settings are replaced by the new ones, at once.
        foreach (string name in CheckRoom(folder, tables, overwrites).Where(name => name != Config)) File.Delete(Path.Combine(folder, name));
    }

    /// <summary>Finds what is in a run's way, and deletes nothing.</summary>
    /// <returns>The files of an earlier run that would be overwritten.</returns>
    /// <exception cref="IOException">See <see cref="MakeRoom"/>.</exception>
    public static string[] CheckRoom(string folder, IEnumerable<string> tables, bool overwrites)
    {
        bool isRun = IsOurs(folder, Config, isRun: false);
        IReadOnlyList<string> earlier = isRun && IsOurs(folder, Summary, isRun) ? RunFolder.ReadSummary(folder).Tables : [];
        string[] there = [.. All.Concat(tables).Union(earlier).Where(name => Path.Exists(Path.Combine(folder, name))), .. RunCheckpoints.Files(folder).Select(name => Path.Combine(Checkpoints, name)), .. File.Exists(Path.Combine(folder, EventLog.FileName)) ? [EventLog.FileName] : Array.Empty<string>()];
        if (there.Length == 0) return there;
        if (!overwrites) throw new IOException($"'{folder}' has files of a run already ({string.Join(", ", there.Take(10))}{(there.Length > 10 ? $" and {there.Length - 10} more" : "")}); give another folder, or --overwrite.");
        string? other = there.FirstOrDefault(name => !(IsOurs(folder, name, isRun) || (isRun && earlier.Contains(name))));
        if (other is not null) throw new IOException($"'{Path.Combine(folder, other)}' was not written by a run, so it is not overwritten; give another folder.");
        return there;
    }

    /// <summary>Deletes what a run has left that was killed while it wrote a file.</summary>
    public static void DeletePartial(string folder)
    {
        foreach (string at in (string[])[folder, Path.Combine(folder, Checkpoints)])
        {
            if (!Directory.Exists(at)) continue;
            foreach (string path in Directory.GetFiles(at, "*.partial"))
            {
                string name = Path.GetFileName(path);
                if (at != folder ? name.StartsWith("step-", StringComparison.Ordinal) : All.Any(file => name.StartsWith(file, StringComparison.Ordinal))) File.Delete(path);
            }
        }
    }

    /// <summary>Whether two names are of one folder, however they are written: a link, another case, another way there. What is in one is then in the other.</summary>
    public static bool AreSame(string folder, string other)
    {
        if (!Directory.Exists(folder) || !Directory.Exists(other)) return false;
        string name = $"{Path.GetRandomFileName()}.partial";
        using var probe = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        return File.Exists(Path.Combine(other, name));
    }

    /// <summary>Whether a run has written a file. Weights, checkpoints and events have no mark of their own: they are a run's beside its settings.</summary>
    private static bool IsOurs(string folder, string name, bool isRun)
    {
        string path = Path.Combine(folder, name);
        if (!File.Exists(path)) return false;
        return name switch
        {
            Config => Reads(() => RunFolder.ReadConfig(folder)),
            Summary => Reads(() => RunFolder.ReadSummary(folder)),
            Metrics => Begins(path, string.Join(',', Columns)),
            Decisions => Begins(path, "{\"schema\":"),
            Last or Best or OldLast or Environment or Data or Tokenizer => isRun,
            _ when name == EventLog.FileName => isRun,
            _ => isRun && Path.GetDirectoryName(name) == Checkpoints,
        };
    }

    private static bool Reads(Func<object> read)
    {
        try
        {
            read();
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>Whether a file begins so; an empty one, as a run leaves it that was killed at once, is nobody's loss.</summary>
    private static bool Begins(string path, string text)
    {
        using var reader = new StreamReader(path);
        var begin = new char[text.Length];
        int count = reader.ReadBlock(begin);
        return count == 0 || (count == text.Length && begin.AsSpan().SequenceEqual(text));
    }
}
