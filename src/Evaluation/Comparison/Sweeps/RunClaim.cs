using System.Globalization;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Evaluation;

/// <summary>
/// That one process at a time makes a run of a plan, whatever schedulers work on it, on whatever machines share its folder. A claim is the file <c>locks/NAME.N.json</c>, made whole by one process alone. Files are not
/// deleted: the last number counts, and the next one may be made once the process of the last has given it back, has ended on this machine, or has not touched the file for <see cref="Stale"/>. Of several that find the
/// same claim dead exactly one makes the next number.
/// </summary>
internal sealed class RunClaim : IDisposable
{
    /// <summary>The folder of claims in a comparison's folder.</summary>
    public const string Locks = "locks";

    /// <summary>How long a process on another machine may not have touched its claim.</summary>
    public static readonly TimeSpan Stale = TimeSpan.FromMinutes(10);

    /// <summary>A claim is made in two steps: a process that was killed between them leaves an empty file.</summary>
    private static readonly TimeSpan HalfMade = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(20);
    private readonly Lock gate = new();
    private readonly string folder;
    private readonly string name;
    private readonly int number;
    private readonly ClaimRecord record;
    private readonly Action<string> lost;
    private readonly Timer timer;
    private bool isOver;

    private RunClaim(string folder, string name, int number, ClaimRecord record, Action<string> lost)
    {
        (this.folder, this.name, this.number, this.record, this.lost) = (folder, name, number, record, lost);
        timer = new Timer(_ => Touch(), null, Beat, Beat);
    }

    /// <summary>Takes a run.</summary>
    /// <param name="folder">The comparison's folder.</param>
    /// <param name="name">The run.</param>
    /// <param name="say">Is told in a line from whom it is taken over.</param>
    /// <param name="lost">Is told why, on another thread, if another has taken the run over: nothing may be written to its folder any more.</param>
    /// <param name="holder">Who has it; empty: it was taken.</param>
    /// <returns>The claim; null: another has it.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static RunClaim? Take(string folder, string name, Action<string> say, Action<string> lost, out string holder)
    {
        Directory.CreateDirectory(Path.Combine(folder, Locks));
        var mine = new ClaimRecord { Host = Environment.MachineName, Place = ProcessMark.Place, Process = Environment.ProcessId, Began = ProcessMark.Of(Environment.ProcessId) ?? "", Taken = ClaimRecord.Now };
        while (true)
        {
            (int last, ClaimRecord? found, string? live, string? why) = Look(folder, name);
            holder = live ?? "";
            if (live is not null) return null;
            try
            {
                JsonRecord.Write(PathOf(folder, name, last + 1), mine, ClaimJson.Default.ClaimRecord, replaces: false);
            }
            catch (IOException) when (File.Exists(PathOf(folder, name, last + 1)))
            {
                // Another was faster: who it is says the next look.
                continue;
            }
            if (why is not null) say($"{name} is taken over from {(found is null ? "a process that was killed while it took it" : $"{found.Who}, {why}")}");
            return new RunClaim(folder, name, last + 1, mine, lost);
        }
    }

    /// <summary>Who makes a run; null: nobody.</summary>
    public static string? Holder(string folder, string name) => Look(folder, name).Live;

    /// <summary>Gives the run back.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (isOver) return;
            isOver = true;
            timer.Dispose();
            try
            {
                JsonRecord.Write(PathOf(folder, name, number), record with { Released = ClaimRecord.Now }, ClaimJson.Default.ClaimRecord);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // As if this process had been killed: it ends now, and is then known not to have it.
            }
        }
    }

    /// <summary>Says that this process is at work. The same bytes again: whatever reads or kills meanwhile finds a whole file, and a full disk has room for them.</summary>
    internal void Touch()
    {
        lock (gate)
        {
            if (isOver) return;
            string path = PathOf(folder, name, number);
            string? why = File.Exists(PathOf(folder, name, number + 1)) ? $"another process has taken it over, as this one had not said for {Stale.TotalMinutes:F0} minutes that it is at work" : File.Exists(path) ? null : $"'{path}' is gone";
            if (why is not null)
            {
                isOver = true;
                timer.Dispose();
                lost($"{name}: {why}");
                return;
            }
            try
            {
                // The server's clock: those of machines that share a folder differ.
                byte[] same = File.ReadAllBytes(path);
                using var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
                stream.Write(same);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // The next beat is soon; what is lasting stops the run where it writes.
            }
        }
    }

    private static (int Last, ClaimRecord? Found, string? Live, string? Why) Look(string folder, string name)
    {
        int last = Last(folder, name);
        if (last == 0) return (0, null, null, null);
        string path = PathOf(folder, name, last);
        ClaimRecord? found = Read(path);
        if (found is null) return Age(path) < HalfMade ? (last, null, $"a process that is just taking it ('{path}')", null) : (last, null, null, "half made");
        if (found.Released is not null) return (last, found, null, null);
        // A process that is there but stopped goes on one day: on this machine its end is known, and waited for.
        if (found.Place == ProcessMark.Place) return ProcessMark.Of(found.Process) == found.Began ? (last, found, found.Who, null) : (last, found, null, "which has ended");
        return Age(path) is var age && age < Stale ? (last, found, found.Who, null) : (last, found, null, FormattableString.Invariant($"which has not been heard of for {age.TotalMinutes:F0} minutes"));
    }

    private static int Last(string folder, string name)
    {
        string locks = Path.Combine(folder, Locks);
        if (!Directory.Exists(locks)) return 0;
        string before = $"{name}.";
        int last = 0;
        foreach (string file in Directory.EnumerateFiles(locks, "*.json"))
        {
            string found = Path.GetFileNameWithoutExtension(file);
            if (found.StartsWith(before, StringComparison.Ordinal) && int.TryParse(found[before.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int number)) last = Math.Max(last, number);
        }
        return last;
    }

    /// <summary>Null: it is being made, or was left so.</summary>
    private static ClaimRecord? Read(string path) => new FileInfo(path).Length == 0 ? null : JsonRecord.Read(path, "a lock of a run", ClaimJson.Default.ClaimRecord, ClaimRecord.CurrentSchema);

    /// <summary>How long ago a file was touched, by the clock of the disk that it lies on.</summary>
    private static TimeSpan Age(string path)
    {
        string now = Path.Combine(Path.GetDirectoryName(path)!, $"{Path.GetRandomFileName()}.now");
        using var stream = new FileStream(now, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        return File.GetLastWriteTimeUtc(now) - File.GetLastWriteTimeUtc(path);
    }

    private static string PathOf(string folder, string name, int number) => Path.Combine(folder, Locks, FormattableString.Invariant($"{name}.{number}.json"));
}
