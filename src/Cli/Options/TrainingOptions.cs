using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using ResearchFreeze.Training;

namespace ResearchFreeze.Cli;

/// <summary>What is trained, on what, how: the options of every verb that makes runs, written once.</summary>
internal sealed class TrainingOptions
{
    private static readonly RunSettings Defaults = new();
    private readonly Option<float> rate = new("--lr") { HelpName = "X", Description = "The schedule's rate", DefaultValueFactory = _ => Defaults.LearningRate, CustomParser = Real };

    public TrainingOptions(RunCatalogues catalogues)
    {
        Model = Named("--model", "SPEC", "The network", catalogues.Models.Names, Defaults.Model);
        Data = Named("--data", "SPEC", "The data, or a folder of IDX files", [.. catalogues.Data.Names.Union(catalogues.Texts.Names).Order(StringComparer.Ordinal)], Defaults.Data);
        Augment = Named("--augment", "SPECS", "Random changes of training images, joined by '+'", catalogues.Augmentations.Names, Defaults.Augment);
        Metrics = Named("--metrics", "SPECS", "What is measured beside the task's metrics, joined by ','", catalogues.Metrics.Names, Defaults.Metrics);
        Task = Optional("--task", "SPEC", "What is learned [classification, or regression where the data have targets]", catalogues.Tasks.Names);
        Optimizer = Named("--optimizer", "SPEC", "The optimizer", catalogues.Optimizers.Names, Defaults.Optimizer);
        Schedule = Named("--schedule", "SPEC", "The learning rate's schedule", catalogues.Schedules.Names, Defaults.Schedule);
    }

    public Option<string> Model { get; }

    public Option<string> Data { get; }

    public Option<string> Augment { get; }

    public Option<string> Metrics { get; }

    public Option<string?> Task { get; }

    public Option<string> Units { get; } = Text("--units", "HOW", "What freezes as one: block, module, tensor or traced; block:head=PATH names the head, head=none says that there is none", Defaults.Units);

    public Option<string?> From { get; } = Optional("--from", "PATH", "Starts from weights: a run's folder, a safetensors file, or an index of several; a head of another size is drawn anew");

    public Option<bool> FromStrict { get; } = new("--from-strict") { Description = "With --from: what is missing there, or is there and not in the model, is an error" };

    public Option<string?> FromLayout { get; } = Optional("--from-layout", "LAYOUT", "With --from: how the weights lie and what they are called: torch, as PyTorch has them, or ours [as the file says]", "torch", "ours");

    public Option<string?> Reset { get; } = Optional("--reset", "PATHS", "With --from: parts of the model that are drawn anew all the same, joined by ','");

    public Option<int> Epochs { get; } = Whole("--epochs", "Passes over the training data", Defaults.Epochs);

    public Option<int?> Steps { get; } = new("--steps") { HelpName = "N", Description = "In place of --epochs: a number of steps, to which the schedule is fitted" };

    public Option<int> Batch { get; } = Whole("--batch", "Samples a batch", Defaults.BatchSize);

    public Option<int> Accumulate { get; } = Whole("--accumulate", "Batches whose gradients make one step", Defaults.Accumulate);

    public Option<string> Optimizer { get; }

    public Option<string> Schedule { get; }

    public Option Rate => rate;

    public Option<double?> Ema { get; } = new("--ema") { HelpName = "X", Description = "Measures and saves a moving average of the weights that keeps so much of itself at each step, as in 0.99 [none]", CustomParser = Part };

    public Option<string> Device { get; } = DeviceOption.Create(Defaults.Device);

    public Option<int> Threads { get; } = ThreadsOption.Create();

    public Option<string> Precision { get; } = PrecisionOption.Create(Defaults.Precision);

    public Option<string> Activations { get; } = CreateActivations(Defaults.Activations);

    public Option<string> FrozenWeights { get; } = CreateFrozenWeights(Defaults.FrozenWeights);

    public Option<string> Cache { get; } = Text("--cache", "HOW", "Keeps what the frozen first part of the model gives, and reads it again where that is faster: auto, memory=2GB or file=FOLDER; behind a comma half, always, limit=20GB", Defaults.Cache);

    /// <summary>Of a single run: a comparison has all lengths of full training.</summary>
    public Option<string?> SpendSaving { get; } = Optional("--spend-saving", "RUN", "In place of --epochs: as many steps as the operations pay for that an earlier run has saved");

    public Option<string> CheckpointEvery { get; } = Text("--checkpoint-every", "N|Ns", "Writes all that --resume needs after so many steps, or seconds, or at steps: 500, 60s, at:120+300, or never", Defaults.CheckpointEvery);

    public Option<string> KeepCheckpoints { get; } = Text("--keep-checkpoints", "N", "How many of the newest checkpoints are kept: a number, or all", Defaults.KeepCheckpoints);

    /// <summary>What the run is made of.</summary>
    public Option[] ModelAndData => [Model, Data, Task, Augment, Units, From, FromLayout, FromStrict, Reset];

    /// <summary>How it is trained, without the seed.</summary>
    public Option[] Recipe => [Epochs, Steps, Batch, Accumulate, Optimizer, Rate, Schedule, Ema];

    /// <summary>The settings of a command line, with those of another run where nothing is given.</summary>
    /// <exception cref="ArgumentException">Two options do not go together.</exception>
    public RunSettings Over(ParseResult parsed, RunSettings otherwise)
    {
        parsed.Excludes(Steps, "it says how long the run is", Epochs);
        parsed.Excludes(SpendSaving, "the run is as long as an earlier one's saving allows", Epochs, Steps);
        string on = parsed.Given(Device, otherwise.Device);
        RunSettings asked = otherwise with
        {
            Model = parsed.Given(Model, otherwise.Model),
            Data = parsed.Given(Data, otherwise.Data),
            Task = parsed.Given(Task, otherwise.Task),
            Augment = parsed.Given(Augment, otherwise.Augment),
            Metrics = parsed.Given(Metrics, otherwise.Metrics),
            Units = parsed.Given(Units, otherwise.Units),
            From = parsed.Given(From, otherwise.From),
            FromLayout = parsed.Given(FromLayout, otherwise.FromLayout),
            FromStrict = parsed.Given(FromStrict, otherwise.FromStrict),
            Reset = parsed.Given(Reset, otherwise.Reset),
            Epochs = parsed.Given(Epochs, otherwise.Epochs),
            Steps = parsed.IsGiven(Epochs) ? null : parsed.Given(Steps, otherwise.Steps),
            BatchSize = parsed.Given(Batch, otherwise.BatchSize),
            Accumulate = parsed.Given(Accumulate, otherwise.Accumulate),
            Optimizer = parsed.Given(Optimizer, otherwise.Optimizer),
            LearningRate = parsed.Given(rate, otherwise.LearningRate),
            Schedule = parsed.Given(Schedule, otherwise.Schedule),
            WeightAverage = parsed.Given(Ema, otherwise.WeightAverage),
            Device = on,
            Threads = ThreadsOption.Checked(parsed, Threads, on, otherwise.Threads),
            Precision = parsed.Given(Precision, otherwise.Precision),
            Activations = parsed.Given(Activations, otherwise.Activations),
            FrozenWeights = parsed.Given(FrozenWeights, otherwise.FrozenWeights),
            Cache = parsed.Given(Cache, otherwise.Cache),
            CheckpointEvery = parsed.Given(CheckpointEvery, otherwise.CheckpointEvery),
            KeepCheckpoints = parsed.Given(KeepCheckpoints, otherwise.KeepCheckpoints),
        };
        return parsed.IsGiven(SpendSaving) ? asked with { Steps = SpentSaving.Steps(parsed.GetValue(SpendSaving)!, asked) } : asked;
    }

    public static Option<string> CreateActivations(string otherwise) => Named("--activations", "NAME", "What is kept of the forward pass for the backward pass: float32, or bf16, half as large", Autograd.Precisions.SavedNames, otherwise);

    public static Option<string> CreateFrozenWeights(string otherwise) => Named("--frozen-weights", "NAME", "What frozen weights are kept in: float32, or bf16, rounded and half as large", Autograd.Precisions.SavedNames, otherwise);

    public static Option<string?> Optional(string name, string value, string description, params IEnumerable<string> names)
    {
        var option = new Option<string?>(name) { HelpName = value, Description = description };
        option.CompletionSources.Add([.. names]);
        return option;
    }

    private static double? Part(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)) return value;
        result.AddError($"{((OptionResult)result.Parent!).Option.Name} must be a number, found '{text}'.");
        return null;
    }

    /// <summary>A number as everywhere else: with a point, without thousands, whatever the machine's language.</summary>
    private static float Real(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value)) return value;
        result.AddError($"{((OptionResult)result.Parent!).Option.Name} must be a number, found '{text}'.");
        return 0;
    }

    private static Option<string> Text(string name, string value, string description, string otherwise) => new(name) { HelpName = value, Description = description, DefaultValueFactory = _ => otherwise };

    private static Option<string> Named(string name, string value, string description, IEnumerable<string> names, string otherwise)
    {
        Option<string> option = Text(name, value, description, otherwise);
        option.CompletionSources.Add([.. names]);
        return option;
    }

    private static Option<int> Whole(string name, string description, int value) => new(name) { HelpName = "N", Description = description, DefaultValueFactory = _ => value };
}
