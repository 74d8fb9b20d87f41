using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using ResearchFreeze.Autograd;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze train</c>: trains a model with a freezing policy and writes a run folder.</summary>
internal static class TrainVerb
{
    private const int Cancelled = 130;

    public static Command Create(RunCatalogues catalogues, IAnsiConsole console, TextWriter error)
    {
        var settings = new RunSettings();
        Option<string> model = Named("--model", "SPEC", "The network", catalogues.Models.Names, settings.Model);
        Option<string> data = Named("--data", "SPEC", "The data, or a folder of IDX files", [.. catalogues.Data.Names.Union(catalogues.Texts.Names).Order(StringComparer.Ordinal)], settings.Data);
        Option<string> augment = Named("--augment", "SPECS", "Random changes of training images, joined by '+'", catalogues.Augmentations.Names, settings.Augment);
        Option<string> metrics = Named("--metrics", "SPECS", "What is measured beside the task's metrics, joined by ','", catalogues.Metrics.Names, settings.Metrics);
        Option<string?> task = Optional("--task", "SPEC", "What is learned [classification, or regression where the data have targets]", catalogues.Tasks.Names);
        Option<string?> policy = Optional("--policy", "SPEC", $"What freezes when: a criterion with its rule [{Policies.Default}]", catalogues.Policies.Names);
        Option<string?> criterion = Optional("--criterion", "SPEC", $"Instead of a policy: what scores the units [with --rule: {Rules.DefaultCriterion}]", catalogues.Criteria.Names);
        Option<string?> rule = Optional("--rule", "SPEC", $"Instead of a policy: what decides by the scores, RULE+FILTER... [with --criterion: {Rules.DefaultRule}]", catalogues.Rules.Names);
        Option<string?> control = Optional("--control", "SETTINGS", "With --criterion or --rule: when checks, probes and thaws happen, as in checks=40,guard=0.02 (docs/rules.md)");
        Option<string> units = Text("--units", "HOW", "What freezes as one: block, module, tensor or traced; block:head=PATH names the head, head=none says that there is none", settings.Units);
        Option<string?> replay = Optional("--replay", "RUN", "Repeats a run with its settings, but for those given here, and its freezing decisions exactly");
        Option<string?> from = Optional("--from", "PATH", "Starts from weights: a run's folder, a safetensors file, or an index of several; a head of another size is drawn anew");
        var fromStrict = new Option<bool>("--from-strict") { Description = "With --from: what is missing there, or is there and not in the model, is an error" };
        Option<string?> fromLayout = Optional("--from-layout", "LAYOUT", "With --from: how the weights lie and what they are called: torch, as PyTorch has them, or ours [as the file says]", "torch", "ours");
        Option<string?> reset = Optional("--reset", "PATHS", "With --from: parts of the model that are drawn anew all the same, joined by ','");
        Option<int> epochs = Whole("--epochs", "Passes over the training data", settings.Epochs);
        Option<int> batch = Whole("--batch", "Samples a batch", settings.BatchSize);
        Option<int> accumulate = Whole("--accumulate", "Batches whose gradients make one step", settings.Accumulate);
        Option<string> optimizer = Named("--optimizer", "SPEC", "The optimizer", catalogues.Optimizers.Names, settings.Optimizer);
        var rate = new Option<float>("--lr") { HelpName = "X", Description = "The schedule's rate", DefaultValueFactory = _ => settings.LearningRate, CustomParser = result => (float)result.Real() };
        Option<string> schedule = Named("--schedule", "SPEC", "The learning rate's schedule", catalogues.Schedules.Names, settings.Schedule);
        var seed = new Option<ulong>("--seed") { HelpName = "N", Description = "Start values, order of the data, dropout", DefaultValueFactory = _ => settings.Seed };
        Option<string> device = DeviceOption.Create(settings.Device);
        Option<int> threads = ThreadsOption.Create();
        Option<string?> folder = Optional("--out", "FOLDER", "The run folder, which must not have a run's files yet [runs/TIME-MODEL-POLICY-SEED]");
        var overwrite = new Option<bool>("--overwrite") { Description = "With --out: replaces the files of an earlier run there" };
        Option<string> cache = Text("--cache", "HOW", "Keeps what the frozen first part of the model gives, and reads it again where that is faster: auto, memory=2GB or file=FOLDER; behind a comma half, always, limit=20GB", settings.Cache);
        Option<string?> early = Optional("--early-stop", "SETTINGS", $"Ends the run once a metric of the validation data has not become better for some epochs: {EarlyStop.Usage}");
        Option<string?> log = Optional("--log", "FORM", "Writes the measurements, scores and freezes for another program too: tensorboard", "tensorboard");
        Option<string> every = Text("--checkpoint-every", "N|Ns", $"Writes all that --resume needs after so many steps, or seconds: 500, 60s, or never", settings.CheckpointEvery);
        Option<string> keep = Text("--keep-checkpoints", "N", "How many of the newest checkpoints are kept: a number, or all", settings.KeepCheckpoints);
        Option<string?> resume = Optional("--resume", "RUN", "Goes on with a run that was stopped or killed, from its folder alone, as if it had never been");
        Verb command = new Verb("train", "Trains a network on images or tables, and freezes the layers that have stopped learning. 'freeze list' shows what a SPEC can be, with settings and defaults.")
            .With("Model and data", model, data, task, augment, units, from, fromLayout, fromStrict, reset)
            .With("Training (defaults of cnn; each model has its own)", epochs, batch, accumulate, optimizer, rate, schedule, seed, device, threads)
            .With("Freezing", policy, criterion, rule, control, replay, cache)
            .With("Output", metrics, folder, overwrite, log)
            .With("Stopping and going on", early, every, keep, resume)
            .Example("train", "a small convolutional network on the images that come with the library")
            .Example("train --model resnet:20 --data cifar10:FOLDER --augment shift:4+flip --policy never", "full training, the control to compare a policy with");
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(resume) is { } stopped)
            {
                parsed.Excludes(
                    resume, "the run's own settings are used", model, data, task, augment, metrics, policy, criterion, rule, control, units, replay, from, fromLayout, fromStrict, reset, epochs, batch, accumulate, optimizer, rate, schedule, seed, cache, early,
                    folder, overwrite, log);
                return Resume(stopped, found => found with
                {
                    Device = parsed.Given(device, found.Device),
                    Threads = ThreadsOption.Checked(parsed, threads, parsed.Given(device, found.Device), found.Threads),
                    CheckpointEvery = parsed.Given(every, found.CheckpointEvery),
                    KeepCheckpoints = parsed.Given(keep, found.KeepCheckpoints),
                });
            }
            if (parsed.GetValue(folder) is { } named && string.IsNullOrWhiteSpace(named)) throw new ArgumentException("--out needs a folder's name.");
            parsed.Excludes(replay, "the recorded run's decisions are repeated", policy, criterion, rule, control, units);
            parsed.Needs(overwrite, folder);
            // What is not given is the recorded run's, where one is replayed, and the model's recipe elsewhere.
            RunSettings otherwise = parsed.GetValue(replay) is { } run ? RunFolder.ReadConfig(run) : RunSettings.For(parsed.GetValue(model)!, catalogues);
            string on = parsed.Given(device, otherwise.Device);
            var asked = new RunSettings
            {
                Model = parsed.Given(model, otherwise.Model),
                Data = parsed.Given(data, otherwise.Data),
                Task = parsed.Given(task, otherwise.Task),
                Augment = parsed.Given(augment, otherwise.Augment),
                Metrics = parsed.Given(metrics, otherwise.Metrics),
                Policy = parsed.Given(policy, otherwise.Policy),
                Criterion = parsed.Given(criterion, otherwise.Criterion),
                Rule = parsed.Given(rule, otherwise.Rule),
                Control = parsed.Given(control, otherwise.Control),
                Units = parsed.Given(units, otherwise.Units),
                Epochs = parsed.Given(epochs, otherwise.Epochs),
                BatchSize = parsed.Given(batch, otherwise.BatchSize),
                Accumulate = parsed.Given(accumulate, otherwise.Accumulate),
                Optimizer = parsed.Given(optimizer, otherwise.Optimizer),
                LearningRate = parsed.Given(rate, otherwise.LearningRate),
                Schedule = parsed.Given(schedule, otherwise.Schedule),
                Seed = parsed.Given(seed, otherwise.Seed),
                Device = on,
                Threads = ThreadsOption.Checked(parsed, threads, on, otherwise.Threads),
                Replay = parsed.GetValue(replay),
                From = parsed.Given(from, otherwise.From),
                FromLayout = parsed.Given(fromLayout, otherwise.FromLayout),
                FromStrict = parsed.Given(fromStrict, otherwise.FromStrict),
                Reset = parsed.Given(reset, otherwise.Reset),
                Cache = parsed.Given(cache, otherwise.Cache),
                EarlyStop = parsed.Given(early, otherwise.EarlyStop),
                CheckpointEvery = parsed.Given(every, otherwise.CheckpointEvery),
                KeepCheckpoints = parsed.Given(keep, otherwise.KeepCheckpoints),
                Log = parsed.Given(log, otherwise.Log),
            };
            return OnDevice.Run(asked.Device, asked.Threads, error, opened =>
            {
                CheckpointPlan plan = CheckpointPlan.Parse(asked.CheckpointEvery, asked.KeepCheckpoints);
                // Everything that can be wrong with the input is found before the folder is made, or an earlier run's is overwritten.
                using RunParts parts = RunParts.Resolve(asked, catalogues, opened);
                opened.Counters.Rates = MachineBenchmark.Measure(opened);
                Trainer.CheckPolicy(parts);
                using RunLog written = Log(parts, parsed.GetValue(folder), parsed.GetValue(overwrite));
                return Train(parts, written, plan, null, console, error);
            });
        });
        return command;

        int Resume(string stopped, Func<RunSettings, RunSettings> change)
        {
            // Resuming what is finished is no mistake: a script may do so until all is done.
            if (ResumedRun.Finished(stopped) is { } finished)
            {
                console.WriteLine(finished);
                return 0;
            }
            using ResumedRun run = ResumedRun.Open(stopped, message => error.WriteLine($"warning: {message}"));
            RunSettings asked = change(run.Settings);
            return OnDevice.Run(asked.Device, asked.Threads, error, opened =>
            {
                CheckpointPlan plan = CheckpointPlan.Parse(asked.CheckpointEvery, asked.KeepCheckpoints);
                using RunParts parts = RunParts.Resolve(asked, catalogues, opened);
                opened.Counters.Rates = MachineBenchmark.Measure(opened);
                if (run.Difference(opened) is { } difference) error.WriteLine($"warning: the run goes on elsewhere, so that its numbers will differ in their last bits: {difference}");
                using RunLog written = run.OpenLog(parts);
                return Train(parts, written, plan, run, console, error);
            });
        }
    }

    private static int Train(RunParts parts, RunLog log, CheckpointPlan plan, ResumedRun? resumed, IAnsiConsole console, TextWriter error)
    {
        log.Warn = message => error.WriteLine($"warning: {message}");
        // Ctrl-C and a terminal that is closed finish the step, write the run folder, and exit with 130. Never disposed: a signal may be on its way when the run ends.
        var stop = new CancellationTokenSource();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, stop));
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, stop));
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Stop(context, stop));
        RunResult result = TrainView.Watch(console, parts, observer =>
        {
            var trainer = new Trainer(parts, log, observer, new RunCheckpoints(log.Folder, plan));
            resumed?.Load(trainer);
            return trainer.Run(stop.Token);
        });
        RunFolder.WriteResult(log.Folder, result, parts.Model);
        TrainReport.Print(console, result, parts.Device.Counters.Rates);
        if (result.Failure is null && !result.IsCancelled) TextSamples.Print(console, parts);
        console.WriteLine($"run folder: {log.Folder}");
        if (result.Failure is { } failure)
        {
            error.WriteLine($"error: {failure}.");
            return FreezeCommand.Failed;
        }
        return result.IsCancelled ? Cancelled : 0;
    }

    private static RunLog Log(RunParts parts, string? folder, bool overwrites) =>
        folder is null ? RunLog.New(DefaultFolder(parts.Settings), parts.Settings, parts.Metrics) : new RunLog(folder, parts.Metrics, parts.Settings, overwrites);

    private static void Stop(PosixSignalContext context, CancellationTokenSource stop)
    {
        context.Cancel = true;
        stop.Cancel();
    }

    private static string DefaultFolder(RunSettings settings)
    {
        string name = $"{DateTime.Now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}-{settings.Model.Split(':')[0]}-{NamesOf(settings.PolicyText)}-{settings.Seed}";
        return Path.Combine("runs", string.Concat(name.Select(c => Path.GetInvalidFileNameChars().Contains(c) ? '-' : c)));
    }

    /// <summary>The name of a policy, or those of a criterion and a rule, without their settings: <c>weight-change-percentile+prefix</c>.</summary>
    private static string NamesOf(string text) =>
        string.Join('-', text.Split(' ').Select(specs => string.Join('+', specs.Split('+').Select(spec => spec.Split(':')[0]))));

    private static Option<string> Text(string name, string value, string description, string otherwise) => new(name) { HelpName = value, Description = description, DefaultValueFactory = _ => otherwise };

    private static Option<string> Named(string name, string value, string description, IEnumerable<string> names, string otherwise)
    {
        Option<string> option = Text(name, value, description, otherwise);
        option.CompletionSources.Add([.. names]);
        return option;
    }

    private static Option<string?> Optional(string name, string value, string description, params IEnumerable<string> names)
    {
        var option = new Option<string?>(name) { HelpName = value, Description = description };
        option.CompletionSources.Add([.. names]);
        return option;
    }

    private static Option<int> Whole(string name, string description, int value) => new(name) { HelpName = "N", Description = description, DefaultValueFactory = _ => value };
}
