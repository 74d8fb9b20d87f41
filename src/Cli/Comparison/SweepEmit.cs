using ResearchFreeze.Evaluation;

namespace ResearchFreeze.Cli;

/// <summary>A plan's runs handed to a scheduler.</summary>
/// <param name="folder">The comparison's folder.</param>
/// <param name="plan">The plan.</param>
/// <param name="output">Where it says what it has written, and what to do with it.</param>
/// <param name="width">Columns.</param>
internal sealed class SweepEmit(string folder, ComparisonPlan plan, TextWriter output, int width)
{
    /// <summary>The most runs at a time; null: it was not said.</summary>
    public int? Jobs { get; init; }

    /// <summary>Whether runs that are there are left out; otherwise they are an error.</summary>
    public bool OnlyMissing { get; init; }

    private int JobsHere => Jobs ?? plan.Jobs;

    /// <summary>Runs all here.</summary>
    public int Local()
    {
        _ = Stages();
        return CompareVerb.Run(plan, folder, JobsHere, overwrites: false, "sweep", output, width);
    }

    /// <summary>Writes the command files.</summary>
    public int Parallel()
    {
        IReadOnlyList<IReadOnlyList<PlannedRun>> stages = Stages();
        if (stages.Count == 0) return Nothing();
        string[] paths = [.. stages.Select((_, i) => Path.Combine(folder, CommandFile.NameOf(i + 1)))];
        foreach (string path in paths) SweepFile.Check(path);
        Directory.CreateDirectory(Path.Combine(folder, SweepSetting.Logs));
        foreach ((string path, string text) in paths.Zip(CommandFile.Texts(Setting(), stages))) SweepFile.Write(path, text);
        // Of an earlier sweep with more stages: it would look like a part of this one.
        string next = Path.Combine(folder, CommandFile.NameOf(stages.Count + 1));
        if (File.Exists(next))
        {
            SweepFile.Check(next);
            File.Delete(next);
        }
        string[] shell = [.. paths.Select(path => TrainLine.Shell([path]))];
        Say($"{Count(stages)} of {plan.All.Count} in {string.Join(", ", paths)}. Run them with GNU parallel, or with xargs:");
        output.WriteLine($"  {string.Join("; ", shell.Select(path => $"parallel -j {JobsHere} <{path}"))}");
        output.WriteLine($"  {string.Join("; ", shell.Select(path => $"xargs -P {JobsHere} -d '\\n' -n 1 sh -c <{path}"))}");
        return Then();
    }

    /// <summary>Measures a run and writes the script.</summary>
    /// <param name="named">The run that is measured; null: full training's.</param>
    public int Slurm(string? named)
    {
        PlannedRun pilot = named is null ? SweepPilot.Of(plan) : plan.All.FirstOrDefault(run => run.Name == named) ?? throw new ArgumentException($"--pilot '{named}' is no run of the plan of '{folder}'.");
        if (pilot.Needs is { } needs && ComparisonFolder.StateOf(folder, plan.All.First(run => run.Name == needs)) != RunState.Done)
            throw new ArgumentException($"--pilot '{pilot.Name}' needs '{needs}', which is not done; name a run that needs none.");
        string path = Path.Combine(folder, SlurmScript.File);
        SweepFile.Check(path);
        if (Stages().Count == 0) return Nothing();
        if (ComparisonFolder.StateOf(folder, pilot) != RunState.Done)
        {
            output.WriteLine($"pilot: {pilot.Name} is made here, and measured");
            int code = StopSignals.Watch((_, kill) => Made(pilot, kill));
            if (code != 0) return code;
        }
        SweepPilot measured = SweepPilot.Read(folder, pilot);
        Say($"pilot: {measured.Sentence}");
        IReadOnlyList<IReadOnlyList<PlannedRun>> stages = Left();
        if (stages.Count == 0) return Nothing();
        string device = pilot.Settings["--device"];
        int processors = pilot.Settings.TryGetValue("--threads", out string? threads) ? int.Parse(threads, System.Globalization.CultureInfo.InvariantCulture) : Environment.ProcessorCount;
        SweepFile.Write(path, SlurmScript.Text(Setting(), stages, measured, processors, device.StartsWith("cuda", StringComparison.Ordinal)));
        Say($"{Count(stages)} of {plan.All.Count}, {processors} {(processors == 1 ? "processor" : "processors")} each, in {path}. Submit them with:");
        output.WriteLine($"  bash {TrainLine.Shell([path])}");
        return Then();
    }

    private static string Count(IReadOnlyList<IReadOnlyList<PlannedRun>> stages) => $"{stages.Sum(stage => stage.Count)} runs in {stages.Count} {(stages.Count == 1 ? "stage" : "stages")}";

    private async Task<int> Made(PlannedRun pilot, CancellationToken kill)
    {
        RunEnd end = await OwnProcess.Run(["sweep", folder, "--run", pilot.Name], kill);
        foreach (string warning in end.Warnings) Say($"{pilot.Name}: warning: {warning}");
        if (end.Code != 0) Say($"{pilot.Name} ended with {end.Code}{(end.Error.Length > 0 ? $": {end.Error}" : "")}; no script is written. --pilot measures another run.");
        return end.Code;
    }

    /// <summary>What is still to be made. A plan that has begun is not taken for one that has not.</summary>
    private IReadOnlyList<IReadOnlyList<PlannedRun>> Stages()
    {
        int begun = plan.All.Count(run => ComparisonFolder.StateOf(folder, run) != RunState.Missing);
        if (begun > 0 && !OnlyMissing) throw new IOException($"'{folder}': {begun} of {plan.All.Count} runs are there or have begun; --only-missing goes on with the others.");
        return Left();
    }

    private IReadOnlyList<IReadOnlyList<PlannedRun>> Left() => SweepStages.Of(plan, run => ComparisonFolder.StateOf(folder, run) is RunState.Missing or RunState.Unfinished);

    private SweepSetting Setting() => new(OwnProcess.Command, Path.GetFullPath(folder), Environment.CurrentDirectory) { Jobs = Jobs };

    private int Nothing()
    {
        output.WriteLine($"all {plan.All.Count} runs are there: nothing is written");
        return Then();
    }

    private int Then()
    {
        output.WriteLine($"sweep: {folder}; what came of it: freeze report {TrainLine.Shell([folder])}");
        return 0;
    }

    private void Say(string line)
    {
        foreach (string part in WordWrap.Lines("", line, width, 4)) output.WriteLine(part);
    }
}
