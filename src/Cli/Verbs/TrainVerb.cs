using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Runtime.InteropServices;
using ResearchFreeze.Data;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze train</c>: trains a model with a freezing policy and writes a run folder.</summary>
internal static class TrainVerb
{
    private const int Failed = 1;
    private const int Cancelled = 130;

    // More than any machine has, and few enough that making them breaks none.
    private const int MostThreads = 1024;

    public static Command Create(RunCatalogues catalogues, IAnsiConsole console, TextWriter error)
    {
        var settings = new RunSettings();
        Option<string> model = Text("--model", $"The model: {string.Join("; ", catalogues.Models.Usages)}.", settings.Model);
        Option<string> data = Text("--data", $"The data: {string.Join("; ", catalogues.Data.Usages)}; or a folder of IDX files.", settings.Data);
        Option<string> augment = Text("--augment", $"Random changes of training images, joined by '+': {string.Join("; ", catalogues.Augmentations.Usages)}; or {Augmentations.None}.", settings.Augment);
        Option<string> metrics = Text("--metrics", $"What is measured beside loss and accuracy, joined by ',': {string.Join("; ", catalogues.Metrics.Usages)}.", settings.Metrics);
        Option<string> policy = Text("--policy", $"The freezing policy: {string.Join("; ", catalogues.Policies.Usages)}.", settings.Policy);
        Option<string?> criterion = Optional("--criterion", $"What scores the layers, instead of a policy: {string.Join("; ", catalogues.Criteria.Usages)}; default with --rule: {Rules.DefaultCriterion}.");
        Option<string?> rule = Optional(
            "--rule", $"What decides by the scores, instead of a policy: {string.Join("; ", catalogues.Rules.Usages)}; default with --criterion: {Rules.DefaultRule}. Filters follow, joined by '+': {string.Join("; ", catalogues.Filters.Usages)}.");
        Option<string?> control = Optional("--control", $"When checks, probes and thaws happen under --criterion and --rule: {ControlSpec.Usage}; no warm-up and no thaw for a rule that follows a plan.");
        Option<string> units = Text("--units", $"What freezes as one: {RunUnits.Usage}.", settings.Units);
        Option<string?> replay = Optional("--replay", "A run folder: repeats that run with its settings, but for those given here, and its freezing decisions exactly.");
        Option<int> epochs = Whole("--epochs", "Passes over the training data.", settings.Epochs);
        Option<int> batch = Whole("--batch", "Samples a batch.", settings.BatchSize);
        Option<int> accumulate = Whole("--accumulate", "Batches whose gradients make one step.", settings.Accumulate);
        Option<string> optimizer = Text("--optimizer", $"The optimizer: {string.Join("; ", catalogues.Optimizers.Usages)}.", settings.Optimizer);
        var rate = new Option<float>("--lr") { Description = "The learning rate.", DefaultValueFactory = _ => settings.LearningRate, CustomParser = Real };
        Option<string> schedule = Text("--schedule", $"The learning rate's schedule: {string.Join("; ", catalogues.Schedules.Usages)}.", settings.Schedule);
        var seed = new Option<ulong>("--seed") { Description = "Start values, order of the data, dropout.", DefaultValueFactory = _ => settings.Seed };
        Option<string> device = Text("--device", "auto, cpu, opencl[:i], cuda[:i] or reference.", settings.Device);
        Option<int> threads = Whole("--threads", "Threads on the CPU; 0: one for each processor.", settings.Threads);
        var folder = new Option<string?>("--out") { Description = "The run folder; default: runs/<time>-<model>-<policy>." };
        var command = new Command("train", "Trains a model on images and freezes the layers that have stopped learning.")
        {
            model, data, augment, policy, criterion, rule, control, units, replay, epochs, batch, accumulate, optimizer, rate, schedule, seed, device, threads, metrics, folder,
        };
        command.SetAction(parsed =>
        {
            CheckThreads(parsed.GetValue(threads));
            if (parsed.GetValue(folder) is { } named && string.IsNullOrWhiteSpace(named)) throw new ArgumentException("--out needs a folder's name.");
            // What is not given is the recorded run's, where one is replayed, and the default elsewhere.
            string? run = parsed.GetValue(replay);
            RunSettings otherwise = run is null ? settings : RunFolder.ReadConfig(run);
            var asked = new RunSettings
            {
                Model = Given(model, otherwise.Model),
                Data = Given(data, otherwise.Data),
                Augment = Given(augment, otherwise.Augment),
                Metrics = Given(metrics, otherwise.Metrics),
                Policy = Given(policy, otherwise.Policy),
                Criterion = Given(criterion, otherwise.Criterion),
                Rule = Given(rule, otherwise.Rule),
                Control = Given(control, otherwise.Control),
                Units = Given(units, otherwise.Units),
                Epochs = Given(epochs, otherwise.Epochs),
                BatchSize = Given(batch, otherwise.BatchSize),
                Accumulate = Given(accumulate, otherwise.Accumulate),
                Optimizer = Given(optimizer, otherwise.Optimizer),
                LearningRate = Given(rate, otherwise.LearningRate),
                Schedule = Given(schedule, otherwise.Schedule),
                Seed = Given(seed, otherwise.Seed),
                Device = Given(device, otherwise.Device),
                Threads = Given(threads, otherwise.Threads),
                Replay = run,
            };
            string into = parsed.GetValue(folder) ?? DefaultFolder(asked);
            if (run is not null && Path.GetFullPath(run) == Path.GetFullPath(into)) throw new ArgumentException($"--out '{into}' is the run that is replayed; give another folder.");

            T Given<T>(Option<T> option, T value) => parsed.GetResult(option) is { Implicit: false } ? parsed.GetValue(option)! : value;
            return OnDevice.Run(asked.Device, asked.Threads, error, opened => Train(asked, catalogues, opened, into, console, error));
        });
        return command;
    }

    public static void CheckThreads(int threads)
    {
        if (threads is < 0 or > MostThreads) throw new ArgumentException($"--threads must be between 0 and {MostThreads}, found {threads}.");
    }

    private static int Train(RunSettings settings, RunCatalogues catalogues, Autograd.Device device, string folder, IAnsiConsole console, TextWriter error)
    {
        // Everything that can be wrong with the input is found before the folder is made.
        using RunParts parts = RunParts.Resolve(settings, catalogues, device);
        parts.Device.Counters.Rates = Autograd.MachineBenchmark.Measure(parts.Device);
        Trainer.CheckPolicy(parts);
        // Ctrl-C finishes the step, writes the run folder, and exits with 130. Never disposed: a signal may be on its way when the run ends.
        var stop = new CancellationTokenSource();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, stop));
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, stop));
        using var log = new RunLog(folder, parts.Metrics);
        RunFolder.WriteConfig(folder, settings);
        RunResult result = TrainView.Watch(console, parts, observer => new Trainer(parts, log, observer).Run(stop.Token));
        RunFolder.WriteResult(folder, result, parts.Model);
        TrainReport.Print(console, result, parts.Device.Counters.Rates);
        console.WriteLine($"run folder: {folder}");
        if (result.Failure is { } failure)
        {
            error.WriteLine($"error: {failure}.");
            return Failed;
        }
        return result.IsCancelled ? Cancelled : 0;
    }

    private static void Stop(PosixSignalContext context, CancellationTokenSource stop)
    {
        context.Cancel = true;
        stop.Cancel();
    }

    private static string DefaultFolder(RunSettings settings)
    {
        string name = $"{DateTime.Now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}-{settings.Model.Split(':')[0]}-{(settings.IsComposed ? NamesOf(settings.PolicyText) : settings.Policy.Split(':')[0])}";
        return Path.Combine("runs", string.Concat(name.Select(c => Path.GetInvalidFileNameChars().Contains(c) ? '-' : c)));
    }

    /// <summary>The names of a criterion and a rule without their settings: <c>weight-change-percentile+prefix</c>.</summary>
    private static string NamesOf(string text) =>
        string.Join('-', text.Split(' ').Select(specs => string.Join('+', specs.Split('+').Select(spec => spec.Split(':')[0]))));

    /// <summary>A number as everywhere else: with a point, without thousands, whatever the machine's language.</summary>
    private static float Real(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value)) return value;
        result.AddError($"{((OptionResult)result.Parent!).Option.Name} must be a number, found '{text}'.");
        return 0;
    }

    private static Option<string> Text(string name, string description, string value) => new(name) { Description = description, DefaultValueFactory = _ => value };

    private static Option<string?> Optional(string name, string description) => new(name) { Description = description };

    private static Option<int> Whole(string name, string description, int value) => new(name) { Description = description, DefaultValueFactory = _ => value };
}
