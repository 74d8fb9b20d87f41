using System.Globalization;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>
/// A run that repeats a finished one up to a decision, makes that one differently, and goes on to the end with all others as they were. It begins as a folder that stands where the run stood at a checkpoint, so that
/// <see cref="ResumedRun"/> goes on with it: bit for bit the run up to the decision, and like any run that was stopped after it.
/// </summary>
public sealed class ForkedRun
{
    private const string Ending = ".partial";
    private readonly string run;
    private readonly StateTree? state;

    private ForkedRun(string run, RunSettings settings, RunSummary summary, (int Step, StateTree State)? from)
    {
        (this.run, Settings, Summary) = (run, settings, summary);
        (StartsAfter, state) = (from?.Step ?? 0, from?.State);
    }

    /// <summary>The fork's settings: the run's, what it replays, and what it does differently.</summary>
    public RunSettings Settings { get; }

    /// <summary>What the run gave.</summary>
    public RunSummary Summary { get; }

    /// <summary>The step of the run's checkpoint that the fork begins with; 0: it begins from the start, since none was kept before the decision.</summary>
    public int StartsAfter { get; }

    /// <summary>Whether it begins with a checkpoint of the run.</summary>
    public bool HasCheckpoint => state is not null;

    /// <summary>The settings to resolve its parts from: a checkpoint has all weights, and those that the run began with may be gone.</summary>
    public RunSettings Resolved => state is null ? Settings : ResumedRun.WithoutStart(Settings);

    /// <summary>Finds what a fork begins with. Nothing is written.</summary>
    /// <param name="run">The folder of a finished run.</param>
    /// <param name="fork">What is done differently.</param>
    /// <param name="warn">Is told of checkpoints that cannot be used.</param>
    /// <exception cref="ArgumentException">The run is not finished, the step is not within it, or the fork does not fit its decisions.</exception>
    /// <exception cref="FormatException">The folder's files are no run's.</exception>
    /// <exception cref="IOException">There is no run in the folder, or it cannot be read.</exception>
    public static ForkedRun Of(string run, Fork fork, Action<string> warn)
    {
        ArgumentNullException.ThrowIfNull(fork);
        ArgumentNullException.ThrowIfNull(warn);
        if (ResumedRun.Finished(run) is null) throw new ArgumentException($"'{run}' is not finished: a fork is held against what its run came to; freeze train --resume goes on with it.");
        (RunSettings settings, RunSummary summary) = (RunFolder.ReadConfig(run), RunFolder.ReadSummary(run));
        if (fork.Step >= summary.Steps) throw new ArgumentException($"--step must be in [0, {summary.Steps - 1}], the run's steps but the last, found {fork.Step}.");
        // The fork's own decision comes behind the run's of its step, and is still to be made there; what it leaves out must not have been made.
        var record = DecisionRecord.Read(Path.Combine(run, RunFiles.Decisions));
        int differs = record.DiffersFrom(fork) ?? fork.Step, most = fork.Keeps is null ? fork.Step : differs - 1;
        // What a cache in memory had is gone: computed again, it would be held against a run that read it.
        if (NeedsEmptyCache(settings) && record.Entries.FirstOrDefault(entry => entry.Action == FreezeAction.Freeze) is { } first) most = Math.Min(most, first.Step);
        (int, StateTree)? from = RunCheckpoints.NewestUpTo(run, most, tree => RunLog.Check(run, tree.Branch(ResumedRun.Log)), warn);
        RunSettings own = settings with { Replay = run, Fork = fork.ToString(), CheckpointEvery = CheckpointPlan.IsNamed(settings.CheckpointEvery) ? CheckpointPlan.DefaultEvery : settings.CheckpointEvery };
        return new ForkedRun(run, own, summary, from);
    }

    /// <summary>Whether a fork of a run begins before the run's first freeze, since its forward cache was in memory and is gone.</summary>
    public static bool NeedsEmptyCache(RunSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return CacheSpec.Parse(settings.Cache) is { Folder: null };
    }

    /// <summary>The same with checkpoints of its own.</summary>
    /// <param name="every">See <see cref="RunSettings.CheckpointEvery"/>.</param>
    /// <param name="keep">See <see cref="RunSettings.KeepCheckpoints"/>.</param>
    public ForkedRun WithCheckpoints(string every, string keep)
    {
        CheckpointPlan.Parse(every, keep);
        return new ForkedRun(run, Settings with { CheckpointEvery = every, KeepCheckpoints = keep }, Summary, state is null ? null : (StartsAfter, state));
    }

    /// <summary>Makes the fork's folder, whole or not at all: <see cref="ResumedRun.Open"/> takes it from there.</summary>
    /// <param name="folder">A folder that is not there yet.</param>
    /// <exception cref="IOException">It is there, or cannot be written.</exception>
    public void Begin(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        CheckFree(folder);
        string at = Path.TrimEndingDirectorySeparator(folder) + Ending;
        DeletePartial(at);
        Directory.CreateDirectory(at);
        JsonRecord.Write(Path.Combine(at, RunFiles.Config), Settings, RunJson.Default.RunSettings);
        foreach (string name in (string[])[RunFiles.Environment, RunFiles.Data, RunFiles.Tokenizer])
        {
            if (File.Exists(Path.Combine(run, name))) File.Copy(Path.Combine(run, name), Path.Combine(at, name));
        }
        if (state is not null)
        {
            foreach ((string name, long length) in RunLog.Lengths(state.Branch(ResumedRun.Log))) CopyBeginning(Path.Combine(run, name), Path.Combine(at, name), length);
            Directory.CreateDirectory(Path.Combine(at, RunFiles.Checkpoints));
            Checkpoint.Write(Path.Combine(at, RunFiles.Checkpoints, RunCheckpoints.NameOf(StartsAfter)), StateOf(state, StartsAfter));
        }
        Directory.Move(at, folder);
    }

    /// <summary>Finds out whether a folder can be made.</summary>
    /// <exception cref="IOException">It is there.</exception>
    public static void CheckFree(string folder)
    {
        if (Path.Exists(folder)) throw new IOException($"'{folder}' is there already; give another folder, with --out.");
    }

    /// <summary>A name beside the run for the fork's folder.</summary>
    public static string FolderOf(string run, Fork fork)
    {
        ArgumentNullException.ThrowIfNull(fork);
        string name = string.Create(CultureInfo.InvariantCulture, $"{Path.TrimEndingDirectorySeparator(run)}-fork-{fork.Step}-{(fork.Keeps is { } kept ? $"keep-{kept}" : fork.Freezes is { } one ? $"freeze-{one}" : $"prefix-{fork.Prefix}")}");
        return name;
    }

    private static StateTree StateOf(StateTree saved, int step)
    {
        const string freeze = "freeze/";
        var state = new StateTree();
        StateTree from = saved.Branch(ResumedRun.Run), into = state.Branch(ResumedRun.Run);
        foreach ((string name, SafetensorsEntry entry) in from.Entries)
        {
            if (!name.StartsWith(freeze, StringComparison.Ordinal)) into.Set(name, entry);
        }
        ForkedState.Write(from.Branch(freeze[..^1]), into.Branch(freeze[..^1]), step);
        foreach ((string name, SafetensorsEntry entry) in saved.Branch(ResumedRun.Log).Entries) state.Branch(ResumedRun.Log).Set(name, entry);
        return state;
    }

    private static void CopyBeginning(string from, string to, long length)
    {
        using FileStream source = File.OpenRead(from), target = File.Create(to);
        var buffer = new byte[1 << 16];
        for (long left = length; left > 0;)
        {
            int read = source.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
            if (read == 0) throw new IOException($"'{from}' has become shorter than {length} bytes.");
            target.Write(buffer, 0, read);
            left -= read;
        }
    }

    /// <summary>What a fork has left that was killed while it began; nothing else is deleted.</summary>
    private static void DeletePartial(string at)
    {
        if (!Directory.Exists(at)) return;
        string? other = Directory.EnumerateFiles(at, "*", SearchOption.AllDirectories).FirstOrDefault(path => !RunFolder.IsOwn(at, path) && !path.EndsWith(Ending, StringComparison.Ordinal) && Path.GetFileName(path) != EventLog.FileName);
        if (other is not null) throw new IOException($"'{other}' is in the way, and was not written by a fork; give another folder, with --out.");
        Directory.Delete(at, recursive: true);
    }
}
