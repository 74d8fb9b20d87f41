using System.CommandLine;
using ResearchFreeze.Autograd;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze compare</c>: runs methods and the controls that they have to be held against, with the same seeds.</summary>
internal static class CompareVerb
{
    private const int MostJobs = 64;
    private static readonly string[] TrainedStartControls = ["head-only", "lp-ft"];

    public static Command Create(RunCatalogues catalogues, IAnsiConsole console, TextWriter output, TextWriter error, int width)
    {
        var options = new TrainingOptions(catalogues);
        var methods = new Option<string>("--methods") { HelpName = "SPECS", Description = "The policies, joined by ','; braces, quoted from the shell, are a grid: 'static:{1..3}'", Required = true };
        methods.CompletionSources.Add([.. catalogues.Policies.Names]);
        var seeds = new Option<string>("--seeds") { HelpName = "SEEDS", Description = "The seeds, joined by ',', or ranges", DefaultValueFactory = _ => "0..4" };
        Option<string?> controls = TrainingOptions.Optional("--controls-of", "SPEC", $"The method whose best static prefix and other controls are run too; none: no method's [{Policies.Default} where it is compared]", catalogues.Policies.Names);
        Option<string?> timelines = TrainingOptions.Optional("--timeline-from", "FOLDERS", "Comparisons of other tasks, joined by ',': that method's controls get a timeline from them");
        var jobs = new Option<int>("--jobs") { HelpName = "N", Description = "Runs at a time; more than one share the processors, and their seconds say little", DefaultValueFactory = _ => 1 };
        Option<string?> folder = TrainingOptions.Optional("--out", "FOLDER", "The comparison's folder: plan.json and runs");
        var missing = new Option<bool>("--only-missing") { Description = "Goes on with the comparison that is in the folder: what is done is kept, what was stopped goes on" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replaces the comparison that is in the folder" };
        var dry = new Option<bool>("--dry-run") { Description = "Prints the plan and how long it will take; writes and runs nothing" };
        Verb command = new Verb("compare", "Compares freezing methods with each other, and with what they have to beat: full training, and full training made shorter. The same seeds, data and recipe; every run is a run folder.")
            .With("What is compared", methods, seeds, controls, timelines)
            .With("Model and data", options.ModelAndData)
            .With("Training (each model has defaults of its own)", [.. options.Recipe, options.Device, options.Threads, options.Cache, options.Metrics])
            .With("Running", folder, jobs, missing, overwrite, dry, options.CheckpointEvery, options.KeepCheckpoints)
            .Example("compare --methods adaptive,static:2 --seeds 0..9 --out study", "two methods and the controls, with ten seeds")
            .Example("report study", "what came of it");
        command.SetAction(parsed =>
        {
            parsed.Excludes(dry, "nothing is run", missing, overwrite);
            parsed.Excludes(overwrite, "all is run anew", missing);
            string? at = parsed.GetValue(folder);
            if (at is null && !parsed.GetValue(dry)) throw new ArgumentException("freeze compare needs --out FOLDER, or --dry-run.");
            if (at is not null && string.IsNullOrWhiteSpace(at)) throw new ArgumentException("--out needs a folder's name.");
            int count = parsed.GetValue(jobs);
            if (count is < 1 or > MostJobs) throw new ArgumentException($"--jobs must be between 1 and {MostJobs}, found {count}.");
            IReadOnlyList<string> specs = MethodList.Methods(parsed.GetValue(methods)!, catalogues.Policies.Names);
            string? controlled = parsed.IsGiven(controls) ? (parsed.GetValue(controls) is var named && named == "none" ? null : named) : specs.Contains(Policies.Default) ? Policies.Default : null;
            RunSettings settings = Shared(parsed, options, catalogues, count);
            var request = new ComparisonRequest(settings, specs, MethodList.Seeds(parsed.GetValue(seeds)!)) { Jobs = count, ControlsOf = controlled, TimelineFrom = parsed.GetValue(timelines)?.Split(',') ?? [] };
            (ComparisonPlan Plan, ShortRun Measured, IReadOnlyList<string> Remarks) planned = Plan(request, at ?? "FOLDER", catalogues, error);
            ComparePrint.Plan(console, output, planned.Plan, planned.Measured, planned.Remarks, parsed.GetValue(dry));
            if (parsed.GetValue(dry)) return 0;
            ComparisonFolder.Take(at!, planned.Plan, parsed.GetValue(missing), parsed.GetValue(overwrite));
            int code = Run(planned.Plan, at!, parsed.GetValue(overwrite), Say);
            output.WriteLine(code is 0 or FreezeCommand.Failed ? $"comparison: {at}; 'freeze report {TrainLine.Shell([at!])}' says what came of it" : $"comparison: {at}; --only-missing goes on with it");
            return code;

            void Say(string line)
            {
                foreach (string part in WordWrap.Lines("", line, width, 4)) output.WriteLine(part);
            }
        });
        return command;
    }

    /// <summary>What all runs have. Those that share a processor get an equal part of its threads.</summary>
    private static RunSettings Shared(ParseResult parsed, TrainingOptions options, RunCatalogues catalogues, int jobs)
    {
        RunSettings settings = options.Over(parsed, RunSettings.For(parsed.GetValue(options.Model)!, catalogues));
        return jobs == 1 || settings.Threads != 0 || settings.Device is not ("cpu" or "auto") ? settings : settings with { Threads = Math.Max(1, Environment.ProcessorCount / jobs) };
    }

    /// <summary>Everything that can be wrong with the input is found here: each method is tried on the model and the data.</summary>
    private static (ComparisonPlan Plan, ShortRun Measured, IReadOnlyList<string> Remarks) Plan(ComparisonRequest request, string folder, RunCatalogues catalogues, TextWriter error)
    {
        (ComparisonPlan, ShortRun, IReadOnlyList<string>)? planned = null;
        OnDevice.Run(request.Settings.Device, request.Settings.Threads, error, opened =>
        {
            opened.Counters.Rates = MachineBenchmark.Measure(opened);
            var measured = ShortRun.Measure(request.Settings with { Seed = request.Seeds[0] }, catalogues, opened);
            // What a run would say at its start is not seen here, where runs are processes of their own.
            var remarks = new List<string>();
            foreach (string method in request.Methods)
            {
                using RunParts parts = RunParts.Resolve(request.Settings with { Policy = method, Seed = request.Seeds[0] }, catalogues, opened);
                Trainer.CheckPolicy(parts);
                remarks.AddRange(parts.PolicyRemarks.Except(remarks));
            }
            planned = (WithOthers(request, catalogues, opened).Plan(folder, measured, catalogues), measured, remarks);
            return 0;
        });
        return planned!.Value;
    }

    /// <summary>From a trained start the head alone and LP-FT are controls, where the model can have them.</summary>
    private static ComparisonRequest WithOthers(ComparisonRequest request, RunCatalogues catalogues, Device device)
    {
        if (request.ControlsOf is null || request.Settings.From is null) return request;
        var others = new List<string>();
        var leftOut = new List<string>();
        foreach (string policy in TrainedStartControls.Where(catalogues.Policies.Names.Contains).Except(request.Methods))
        {
            try
            {
                using RunParts parts = RunParts.Resolve(request.Settings with { Policy = policy, Seed = request.Seeds[0] }, catalogues, device);
                Trainer.CheckPolicy(parts);
                others.Add(policy);
            }
            catch (ArgumentException exception)
            {
                leftOut.Add($"{policy}: {exception.Message}");
            }
        }
        return request with { Others = others, LeftOut = leftOut };
    }

    private static int Run(ComparisonPlan plan, string folder, bool overwrites, Action<string> say) =>
        StopSignals.Watch((stop, kill) => new ComparisonRunner(plan, folder, OwnProcess.Run, say).Run(overwrites, stop, kill));
}
