using System.Globalization;
using System.Text.RegularExpressions;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>A run's checkpoints: <c>checkpoints/step-00000420.safetensors</c>. The newest are kept; one that cannot be written is a warning, since the one before is still there.</summary>
public sealed partial class RunCheckpoints
{
    private const string Ending = ".safetensors";
    private readonly string folder;
    private readonly CheckpointPlan plan;
    private long savedAt = Environment.TickCount64;

    /// <summary>The checkpoints of a run.</summary>
    /// <param name="runFolder">The run's folder.</param>
    /// <param name="plan">When they are written, and how many are kept.</param>
    public RunCheckpoints(string runFolder, CheckpointPlan plan)
    {
        ArgumentException.ThrowIfNullOrEmpty(runFolder);
        ArgumentNullException.ThrowIfNull(plan);
        folder = Path.Combine(runFolder, RunFiles.Checkpoints);
        this.plan = plan;
    }

    /// <summary>Whether one is to be written after so many steps. Reads a clock, where the plan says seconds: what is trained does not depend on it.</summary>
    public bool IsDue(int step) => plan.NamedSteps.Contains(step) || (plan.Steps > 0 ? step % plan.Steps == 0 : plan.Seconds > 0 && Environment.TickCount64 - savedAt >= plan.Seconds * 1000);

    /// <summary>Writes one, and deletes the oldest that are not to be kept.</summary>
    /// <returns>Why it could not be written, in one line; null: it was.</returns>
    public string? Save(int step, Func<StateTree> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        try
        {
            Directory.CreateDirectory(folder);
            Checkpoint.Write(Path.Combine(folder, NameOf(step)), state());
            foreach (string old in Files(Path.GetDirectoryName(folder)!).SkipLast(plan.Keep)) File.Delete(Path.Combine(folder, old));
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"no checkpoint at step {step}: {exception.Message.ReplaceLineEndings(" ")}";
        }
        finally
        {
            savedAt = Environment.TickCount64;
        }
    }

    /// <summary>The newest of a run's checkpoints that is whole and whose logs are there; null: there is none. Those behind it cannot be used, and are deleted: counted among the newest they would drive out whole ones.</summary>
    /// <param name="runFolder">The run's folder.</param>
    /// <param name="checkLogs">Throws an <see cref="IOException"/> where the logs have less than a checkpoint counts on.</param>
    /// <param name="warn">Is told of each that is passed over.</param>
    /// <exception cref="IOException">There are whole ones, and the logs have less than any of them counts on. Nothing was deleted.</exception>
    internal static StateTree? Newest(string runFolder, Action<StateTree> checkLogs, Action<string> warn)
    {
        var passed = new List<string>();
        IOException? lacking = null;
        foreach (string name in Files(runFolder).Reverse())
        {
            string path = Path.Combine(runFolder, RunFiles.Checkpoints, name);
            try
            {
                StateTree state = Checkpoint.Read(path);
                checkLogs(state);
                passed.ForEach(File.Delete);
                return state;
            }
            catch (Exception exception) when (exception is FormatException or IOException)
            {
                lacking = exception as IOException ?? lacking;
                warn($"checkpoint {name} is passed over: {exception.Message.ReplaceLineEndings(" ")}");
                passed.Add(path);
            }
        }
        // A log that somebody has moved comes back; a run that began again would not.
        if (lacking is not null) throw new IOException($"'{runFolder}' cannot go on: {lacking.Message.TrimEnd('.')}; put it back, or train anew with --out and --overwrite.", lacking);
        if (passed.Count > 0) warn($"'{runFolder}' has no whole checkpoint, and starts again");
        passed.ForEach(File.Delete);
        return null;
    }

    /// <summary>The name of a step's checkpoint.</summary>
    internal static string NameOf(int step) => string.Create(CultureInfo.InvariantCulture, $"step-{step:D8}{Ending}");

    /// <summary>The newest whole checkpoint of a run that is no newer than a step, and whose logs are there; null: there is none. Nothing is changed.</summary>
    /// <param name="runFolder">The run's folder.</param>
    /// <param name="most">The step.</param>
    /// <param name="checkLogs">Throws an <see cref="IOException"/> where the logs have less than a checkpoint counts on.</param>
    /// <param name="warn">Is told of each that is passed over.</param>
    internal static (int Step, StateTree State)? NewestUpTo(string runFolder, int most, Action<StateTree> checkLogs, Action<string> warn)
    {
        foreach (string name in Files(runFolder).Reverse())
        {
            if (!int.TryParse(name["step-".Length..^Ending.Length], NumberStyles.None, CultureInfo.InvariantCulture, out int step) || step > most) continue;
            try
            {
                StateTree state = Checkpoint.Read(Path.Combine(runFolder, RunFiles.Checkpoints, name));
                checkLogs(state);
                return (step, state);
            }
            catch (Exception exception) when (exception is FormatException or IOException)
            {
                warn($"checkpoint {name} is passed over: {exception.Message.ReplaceLineEndings(" ")}");
            }
        }
        return null;
    }

    /// <summary>The names of a run's checkpoints, the oldest first.</summary>
    internal static string[] Files(string runFolder)
    {
        string at = Path.Combine(runFolder, RunFiles.Checkpoints);
        return Directory.Exists(at) ? [.. Directory.GetFiles(at).Select(file => Path.GetFileName(file)).Where(name => Pattern().IsMatch(name)).OrderBy(name => name.Length).ThenBy(name => name, StringComparer.Ordinal)] : [];
    }

    [GeneratedRegex(@"^step-\d{8,}\.safetensors$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
