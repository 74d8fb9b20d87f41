using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>
/// A run that was stopped or killed, and goes on: its settings from its folder, its state from the newest checkpoint that is whole. One that was killed before its first checkpoint starts again. While this is open, nobody else can
/// write to the folder.
/// </summary>
public sealed class ResumedRun : IDisposable
{
    /// <summary>A checkpoint's part of the trainer.</summary>
    internal const string Run = "run";

    /// <summary>A checkpoint's part of the logs.</summary>
    internal const string Log = "log";

    private readonly string folder;
    private readonly RunLock? held;
    private readonly StateTree? state;
    private bool isLogOpen;

    private ResumedRun(string folder, RunLock? held, RunSettings settings, StateTree? state)
    {
        (this.folder, this.held, this.state) = (folder, held, state);
        Settings = state is null ? settings : WithoutStart(settings);
    }

    /// <summary>The run's settings, to resolve its parts from.</summary>
    public RunSettings Settings { get; }

    /// <summary>Whether it begins anew, since there is no checkpoint.</summary>
    public bool StartsAgain => state is null;

    /// <summary>What a finished run says; null: it is not finished.</summary>
    /// <exception cref="FormatException">The folder's files are no run's.</exception>
    /// <exception cref="IOException">There is no run in the folder.</exception>
    public static string? Finished(string folder) =>
        Summary(folder) is { Failure: null, Cancelled: false } summary ? $"'{folder}' is finished: {summary.Steps} steps in {summary.Epochs} {(summary.Epochs == 1 ? "epoch" : "epochs")}" : null;

    /// <summary>Takes a folder.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="warn">Is told of checkpoints that cannot be used.</param>
    /// <exception cref="ArgumentException">The run has ended.</exception>
    /// <exception cref="FormatException">The folder's files are no run's.</exception>
    /// <exception cref="IOException">There is no run in the folder, it cannot be read, or another run is writing to it.</exception>
    public static ResumedRun Open(string folder, Action<string> warn)
    {
        ArgumentNullException.ThrowIfNull(warn);
        if (Finished(folder) is { } finished) throw new ArgumentException($"{finished}.");
        if (Summary(folder)?.Failure is { } failure) throw new ArgumentException($"'{folder}' has failed, and would fail again: {failure}.");
        RunSettings settings = RunFolder.ReadConfig(folder);
        RunLock held = RunLock.Take(folder);
        try
        {
            RunFiles.DeletePartial(folder);
            return new ResumedRun(folder, held, settings, RunCheckpoints.Newest(folder, tree => RunLog.Check(folder, tree.Branch(Log)), warn));
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Reads the same folder on another rank of a data-parallel run, while the first one has it: nothing is changed or written there. Call it when <see cref="Open"/> has returned on the first.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <exception cref="FormatException">The folder's files are no run's.</exception>
    /// <exception cref="IOException">There is no run in the folder, or it cannot be read.</exception>
    public static ResumedRun OpenBeside(string folder)
    {
        _ = Summary(folder);
        return new ResumedRun(folder, null, RunFolder.ReadConfig(folder), RunCheckpoints.NewestUpTo(folder, int.MaxValue, _ => { }, _ => { })?.State);
    }

    /// <summary>What is different from where the run began in a way that changes the last bits of its numbers; null: nothing that is known. Not what the device rounds products to, which the settings say.</summary>
    public string? Difference(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (!File.Exists(Path.Combine(folder, RunFiles.Environment))) return null;
        return RunEnvironment.Of(device).Difference(RunFolder.ReadEnvironment(folder), isOtherPrecision: Precisions.NameOf(device.Precision) != Settings.Precision);
    }

    /// <summary>Opens the logs, which are cut back to the checkpoint with the first line that is written. They have the folder from then on.</summary>
    /// <param name="parts">The run's parts, of <see cref="Settings"/>.</param>
    /// <exception cref="ArgumentException">The data have been changed since the run began; nothing was cut.</exception>
    public RunLog OpenLog(RunParts parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (held is null) throw new InvalidOperationException($"'{folder}' is read beside the first rank, which writes its logs.");
        if (state is not null && File.Exists(Path.Combine(folder, RunFiles.Data)) && RunFolder.ReadData(folder).Difference(RunData.Of(parts.Data.Name, parts.Data.Train.Host)) is { } difference)
            throw new ArgumentException($"'{folder}' cannot go on: data '{parts.Settings.Data}' are not those that it began with; what differs: {difference}.");
        RunLog log = RunLog.GoOn(folder, held, parts.Metrics, Settings, state?.Branch(Log));
        isLogOpen = true;
        return log;
    }

    /// <summary>Brings a trainer to where the run was.</summary>
    /// <exception cref="FormatException">The checkpoint is not of this run's settings; nothing was changed.</exception>
    public void Load(Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        if (state is null) return;
        try
        {
            ((IStateful)trainer).LoadState(state.Branch(Run));
        }
        catch (FormatException exception)
        {
            throw new FormatException($"'{folder}': its checkpoint {OtherVersion(trainer.Freeze.Units[0].Parameters[0].Value.Device) ?? $"is not of its {RunFiles.Config}"}: {exception.Message}", exception);
        }
    }

    /// <summary>A version may keep what another does not know; null: the run is of this one, or says nothing of it.</summary>
    private string? OtherVersion(Device device)
    {
        if (!File.Exists(Path.Combine(folder, RunFiles.Environment))) return null;
        (RunEnvironment began, RunEnvironment here) = (RunFolder.ReadEnvironment(folder), RunEnvironment.Of(device));
        return (began.Version, began.Commit) == (here.Version, here.Commit) ? null : $"cannot be read by this version ({here.Version} {here.Commit}), and the run began with another ({began.Version} {began.Commit}), which can go on with it";
    }

    /// <summary>A checkpoint has all weights; those that the run began with may be gone.</summary>
    internal static RunSettings WithoutStart(RunSettings settings) => settings with { From = null, FromStrict = false, FromLayout = null, Reset = null };

    private static RunSummary? Summary(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        if (!File.Exists(Path.Combine(folder, RunFiles.Config))) throw new IOException($"'{folder}' has no run: there is no {RunFiles.Config}.");
        return File.Exists(Path.Combine(folder, RunFiles.Summary)) ? RunFolder.ReadSummary(folder) : null;
    }

    /// <summary>Gives the folder back, where no log was opened.</summary>
    public void Dispose()
    {
        if (!isLogOpen) held?.Dispose();
    }
}
