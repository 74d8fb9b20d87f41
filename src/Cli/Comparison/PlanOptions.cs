using System.CommandLine;
using ResearchFreeze.Autograd;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Training;

namespace ResearchFreeze.Cli;

/// <summary>What is compared, with what seeds: the options of every verb that makes a comparison's plan, and the plan that they make, written once.</summary>
internal sealed class PlanOptions
{
    private const int MostJobs = 64;
    private readonly RunCatalogues catalogues;
    private readonly TrainingOptions training;

    public PlanOptions(RunCatalogues catalogues, bool needsMethods)
    {
        this.catalogues = catalogues;
        training = new TrainingOptions(catalogues);
        Methods = new Option<string>("--methods") { HelpName = "SPECS", Description = "The policies, joined by ','; a criterion and a rule as CRITERION/RULE; braces, quoted from the shell, are a grid: 'static:{1..3}'", Required = needsMethods };
        Methods.CompletionSources.Add([.. catalogues.Policies.Names]);
        ControlsOf = TrainingOptions.Optional("--controls-of", "SPEC", $"The method whose best static prefix and other controls are run too; none: no method's [{Policies.Default} where it is compared]", catalogues.Policies.Names);
    }

    public Option<string> Methods { get; }

    public Option<string> Seeds { get; } = new("--seeds") { HelpName = "SEEDS", Description = "The seeds, joined by ',', or ranges", DefaultValueFactory = _ => "0..4" };

    public Option<string?> ControlsOf { get; }

    public Option<string?> TimelineFrom { get; } = TrainingOptions.Optional("--timeline-from", "FOLDERS", "Comparisons of other tasks, joined by ',': that method's controls get a timeline from them");

    public Option<int> Jobs { get; } = new("--jobs") { HelpName = "N", Description = "Runs at a time; more than one share the processors, and their seconds say little", DefaultValueFactory = _ => 1 };

    /// <summary>What is compared.</summary>
    public Option[] Compared => [Methods, Seeds, ControlsOf, TimelineFrom];

    /// <summary>What the runs are made of.</summary>
    public Option[] ModelAndData => training.ModelAndData;

    /// <summary>How they are trained.</summary>
    public Option[] Training => [.. training.Recipe, training.Device, training.Threads, training.Precision, training.Activations, training.FrozenWeights, training.Cache, training.Metrics];

    /// <summary>What they keep to go on from.</summary>
    public Option[] Checkpoints => [training.CheckpointEvery, training.KeepCheckpoints];

    /// <summary>Everything that a plan is made of, but for <see cref="Jobs"/>.</summary>
    public Option[] All => [.. Compared, .. ModelAndData, .. Training, .. Checkpoints];

    /// <summary>Runs at a time.</summary>
    /// <exception cref="ArgumentException">There are none, or far too many.</exception>
    public int JobsOf(ParseResult parsed)
    {
        int count = parsed.GetValue(Jobs);
        return count is < 1 or > MostJobs ? throw new ArgumentException($"--jobs must be between 1 and {MostJobs}, found {count}.") : count;
    }

    /// <summary>The cache's option, as a plan has it.</summary>
    public string CacheName => training.Cache.Name;

    /// <summary>The cache that a command line asks for; null: it asks for none.</summary>
    public string? CacheOf(ParseResult parsed) => parsed.GetValue(training.Cache);

    /// <summary>The plan of a command line. Everything that can be wrong with the input is found here: each method is tried on the model and the data.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="jobs">Runs at a time on one machine, whose threads they share.</param>
    /// <param name="folder">The comparison's folder.</param>
    /// <param name="error">Is told about the device.</param>
    /// <exception cref="ArgumentException">Something does not fit.</exception>
    public (ComparisonPlan Plan, ShortRun Measured, IReadOnlyList<string> Remarks) Plan(ParseResult parsed, int jobs, string folder, TextWriter error)
    {
        IReadOnlyList<string> specs = MethodList.Methods(parsed.GetValue(Methods)!, catalogues.Policies.Names);
        string? controlled = parsed.IsGiven(ControlsOf) ? (parsed.GetValue(ControlsOf) is var named && named == "none" ? null : named) : specs.Contains(Policies.Default) ? Policies.Default : null;
        var request = new ComparisonRequest(Shared(parsed, jobs), specs, MethodList.Seeds(parsed.GetValue(Seeds)!)) { Jobs = jobs, ControlsOf = controlled, TimelineFrom = parsed.GetValue(TimelineFrom)?.Split(',') ?? [] };
        CacheFileUse.Check(request.Settings.Cache, jobs);
        (ComparisonPlan, ShortRun, IReadOnlyList<string>)? planned = null;
        OnDevice.Run(request.Settings, error, opened =>
        {
            opened.Counters.Rates = MachineBenchmark.Measure(opened);
            var measured = ShortRun.Measure(request.Settings with { Seed = request.Seeds[0] }, catalogues, opened);
            // What a run would say at its start is not seen here, where runs are processes of their own.
            var remarks = new List<string>();
            foreach (string method in request.Methods)
            {
                using RunParts parts = RunParts.Resolve(MethodList.With(request.Settings, method, catalogues) with { Seed = request.Seeds[0] }, catalogues, opened);
                Trainer.CheckPolicy(parts);
                remarks.AddRange(parts.PolicyRemarks.Except(remarks));
            }
            planned = (WithOthers(request, measured.TotalSteps, opened).Plan(folder, measured, catalogues), measured, remarks);
            return 0;
        });
        return planned!.Value;
    }

    /// <summary>What all runs have. Those that share a processor get an equal part of its threads.</summary>
    private RunSettings Shared(ParseResult parsed, int jobs)
    {
        RunSettings settings = training.Over(parsed, RunSettings.For(parsed.GetValue(training.Model)!, catalogues));
        return jobs == 1 || settings.Threads != 0 || settings.Device is not ("cpu" or "auto") ? settings : settings with { Threads = Math.Max(1, Environment.ProcessorCount / jobs) };
    }

    /// <summary>From a trained start there are more controls, where the model can have them.</summary>
    private ComparisonRequest WithOthers(ComparisonRequest request, int totalSteps, Device device)
    {
        if (request.ControlsOf is null) return request;
        var others = new List<OtherControl>();
        var leftOut = new List<string>();
        foreach (OtherControl control in TrainedStart.Controls(request.Settings, totalSteps, catalogues).Where(control => !request.Methods.Contains(control.Name)))
        {
            try
            {
                using RunParts parts = RunParts.Resolve(control.Settings with { Seed = request.Seeds[0] }, catalogues, device);
                Trainer.CheckPolicy(parts);
                others.Add(control);
            }
            catch (ArgumentException exception)
            {
                leftOut.Add($"{control.Name}: {exception.Message}");
            }
        }
        return request with { Others = others, LeftOut = leftOut };
    }
}
