using System.CommandLine;
using ResearchFreeze.Data;
using ResearchFreeze.Training;

namespace ResearchFreeze.Cli;

/// <summary>The options of verbs that use a trained model: the run, its weights, and a part of a data set.</summary>
internal sealed class RunInput
{
    private static readonly string[] Parts = ["train", "validation", "test"];

    public RunInput(RunCatalogues catalogues)
    {
        Data.CompletionSources.Add([.. catalogues.Data.Names.Union(catalogues.Texts.Names)]);
        Weights.OneOf("last", "best");
        Part.OneOf(Parts);
    }

    public Argument<string> Run { get; } = new("run") { HelpName = "RUN", Description = "The run folder" };

    public Option<string> Weights { get; } = new("--weights") { HelpName = "WHICH", Description = "last: those after the last step; best: those that were best on validation data", DefaultValueFactory = _ => "last" };

    public Option<string?> Data { get; } = new("--data") { HelpName = "SPEC", Description = "A data set, as for train" };

    public Option<string> Part { get; } = new("--part") { HelpName = "PART", Description = "Which part of the data set: train, validation or test", DefaultValueFactory = _ => "test" };

    public Option<string> Device { get; } = DeviceOption.Create("auto");

    public Option<int> Threads { get; } = ThreadsOption.Create();

    public Option<string> Precision { get; } = PrecisionOption.Create();

    /// <summary>Opens the run's model.</summary>
    public TrainedModel Open(ParseResult parsed, RunCatalogues catalogues, Autograd.Device device)
    {
        string run = parsed.GetValue(Run)!;
        if (!File.Exists(Path.Combine(run, "config.json"))) throw new IOException($"'{run}' has no run: there is no config.json.");
        return TrainedModel.Open(run, device, parsed.GetValue(Weights) == "best" ? RunWeights.Best : RunWeights.Last, catalogues);
    }

    /// <summary>The part of a data set; texts become tokens as the run's did.</summary>
    public HostDataSet Load(ParseResult parsed, RunCatalogues catalogues, string spec, TrainedModel run) => PartOf(parsed, Splits(catalogues, spec, run));

    /// <summary>A data set; texts become tokens as the run's did.</summary>
    public static DataSplits Splits(RunCatalogues catalogues, string spec, TrainedModel run) =>
        HostDatasets.Load(spec, catalogues.Data, catalogues.Texts, run.Tokenizer is { } tokenizer ? () => tokenizer : null, run.Data.Vocabulary > 0 ? run.Data.SampleShape[0] : null);

    /// <summary>The part that was asked for.</summary>
    public HostDataSet PartOf(ParseResult parsed, DataSplits splits) => parsed.GetValue(Part) switch
    {
        "train" => splits.Train,
        "validation" => splits.Validation,
        _ => splits.Test,
    };

    /// <summary>Where the model runs.</summary>
    public int OnDevice(ParseResult parsed, TextWriter error, Func<Autograd.Device, int> work)
    {
        string name = parsed.GetValue(Device)!;
        return Cli.OnDevice.Run(name, ThreadsOption.Checked(parsed, Threads, name, 0), PrecisionOption.Of(parsed, Precision), error, work);
    }
}
