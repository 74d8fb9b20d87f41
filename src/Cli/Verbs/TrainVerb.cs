using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze train</c>: trains a model with a freezing policy and writes a run folder.</summary>
internal static class TrainVerb
{
    private const int Cancelled = 130;

    public static Command Create(RunCatalogues catalogues, IAnsiConsole console, TextWriter error, RollCall? call = null)
    {
        var settings = new RunSettings();
        var options = new TrainingOptions(catalogues);
        var parallel = new ParallelOptions();
        Option<string?> policy = TrainingOptions.Optional("--policy", "SPEC", $"What freezes when: a criterion with its rule [{Policies.Default}]", catalogues.Policies.Names);
        Option<string?> criterion = TrainingOptions.Optional("--criterion", "SPEC", $"Instead of a policy: what scores the units [with --rule: {Rules.DefaultCriterion}]", catalogues.Criteria.Names);
        Option<string?> rule = TrainingOptions.Optional("--rule", "SPEC", $"Instead of a policy: what decides by the scores, RULE+FILTER... [with --criterion: {Rules.DefaultRule}]", catalogues.Rules.Names);
        Option<string?> control = TrainingOptions.Optional("--control", "SETTINGS", "With --criterion or --rule: when checks, probes and thaws happen, as in checks=40,guard=0.02 (docs/rules.md)");
        Option<string?> replay = TrainingOptions.Optional("--replay", "RUN", "Repeats a run with its settings, but for those given here, and its freezing decisions exactly");
        var calibrate = new Option<string[]>("--calibrate") { HelpName = "RUN…", Description = "Runs whose predicted and measured step times say how far predictions of this run may be off, as for --control paying=1", AllowMultipleArgumentsPerToken = true };
        var seed = new Option<ulong>("--seed") { HelpName = "N", Description = "Start values, order of the data, dropout", DefaultValueFactory = _ => settings.Seed };
        Option<string?> folder = TrainingOptions.Optional("--out", "FOLDER", "The run folder, which must not have a run's files yet [runs/TIME-MODEL-POLICY-SEED]");
        var overwrite = new Option<bool>("--overwrite") { Description = "With --out: replaces the files of an earlier run there" };
        Option<string?> early = TrainingOptions.Optional("--early-stop", "SETTINGS", $"Ends the run once a metric of the validation data has not become better for some epochs: {EarlyStop.Usage}");
        Option<string?> log = TrainingOptions.Optional("--log", "FORM", "Writes the measurements, scores and freezes for another program too: tensorboard", "tensorboard");
        Option<string?> resume = TrainingOptions.Optional("--resume", "RUN", "Goes on with a run that was stopped or killed, from its folder alone, as if it had never been");
        Option<string> graphs = GraphsOption.Create();
        Verb command = new Verb("train", "Trains a network on images or tables, and freezes the layers that have stopped learning. 'freeze list' shows what a SPEC can be, with settings and defaults.")
            .With("Model and data", options.ModelAndData)
            .With("Training (defaults of cnn; each model has its own)", [.. options.Recipe, options.SpendSaving, seed, options.Device, options.Threads, options.Precision, options.Activations, options.FrozenWeights, graphs])
            .With("Freezing", policy, criterion, rule, control, replay, options.Cache, calibrate)
            .With("Several processes", parallel.All)
            .With("Output", options.Metrics, folder, overwrite, log)
            .With("Stopping and going on", early, options.CheckpointEvery, options.KeepCheckpoints, resume)
            .Example("train", "a small convolutional network on the images that come with the library")
            .Example("train --model resnet:20 --data cifar10:FOLDER --augment shift:4+flip --policy never", "full training, the control to compare a policy with");
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(resume) is { } stopped)
            {
                parsed.Excludes(resume, "the run's own settings are used", [.. options.ModelAndData, .. options.Recipe, options.SpendSaving, options.Metrics, policy, criterion, rule, control, replay, seed, options.Cache, calibrate, early, folder, overwrite, log, parallel.Reduce, parallel.Shards, parallel.Norms]);
                return Ranks.Run(parsed.GetValue(parallel.Distributed), console, error, ranks => Resume(parsed, stopped, ranks, found => found with
                {
                    Device = parsed.Given(options.Device, found.Device),
                    Threads = ThreadsOption.Checked(parsed, options.Threads, parsed.Given(options.Device, found.Device), found.Threads),
                    Precision = parsed.Given(options.Precision, found.Precision),
                    Activations = parsed.Given(options.Activations, found.Activations),
                    FrozenWeights = parsed.Given(options.FrozenWeights, found.FrozenWeights),
                    CheckpointEvery = parsed.Given(options.CheckpointEvery, found.CheckpointEvery),
                    KeepCheckpoints = parsed.Given(options.KeepCheckpoints, found.KeepCheckpoints),
                }), call);
            }
            if (parsed.GetValue(folder) is { } named && string.IsNullOrWhiteSpace(named)) throw new ArgumentException("--out needs a folder's name.");
            parsed.Excludes(replay, "the recorded run's decisions are repeated", policy, criterion, rule, control, options.Units);
            parsed.Needs(overwrite, folder);
            // What is not given is the recorded run's, where one is replayed, and the model's recipe elsewhere.
            RunSettings otherwise = parsed.GetValue(replay) is { } run ? RunFolder.ReadConfig(run) : RunSettings.For(parsed.GetValue(options.Model)!, catalogues);
            RunSettings asked = parallel.Over(parsed, options.Over(parsed, otherwise)) with
            {
                Policy = parsed.Given(policy, otherwise.Policy),
                Criterion = parsed.Given(criterion, otherwise.Criterion),
                Rule = parsed.Given(rule, otherwise.Rule),
                Control = parsed.Given(control, otherwise.Control),
                Seed = parsed.Given(seed, otherwise.Seed),
                Replay = parsed.GetValue(replay),
                // What a fork that is repeated did differently is in its log.
                Fork = null,
                Calibration = parsed.GetValue(calibrate) is { Length: > 0 } runs ? RunCalibration.Read(runs) : otherwise.Calibration,
                EarlyStop = parsed.Given(early, otherwise.EarlyStop),
                Log = parsed.Given(log, otherwise.Log),
            };
            return Ranks.Run(parsed.GetValue(parallel.Distributed), console, error, ranks => New(parsed, asked, ranks), call);
        });
        return command;

        int New(ParseResult parsed, RunSettings given, Ranks ranks)
        {
            RunSettings asked = OnRanks(parsed, given, ranks);
            return OnDevice.Run(asked, ranks.Error, opened =>
            {
                CheckpointPlan plan = ranks.Together(() => CheckpointPlan.Parse(asked.CheckpointEvery, asked.KeepCheckpoints));
                // Everything that can be wrong with the input is found before the folder is made, or an earlier run's is overwritten.
                using RunParts parts = ranks.Together(() => RunParts.Resolve(asked, catalogues, opened));
                ranks.Together(() =>
                {
                    if (parsed.GetValue(calibrate) is { Length: > 0 } && parts.Policy.Rule is Never && asked.Replay is null) throw new ArgumentException($"--calibrate has no effect: policy '{asked.PolicyText}' freezes nothing, and nothing is predicted.");
                    opened.Counters.Rates = MachineBenchmark.Measure(opened);
                    Trainer.CheckPolicy(parts, ranks.Communicator);
                    Trainer.CheckGraphs(parts, GraphsOption.Of(parsed, graphs), ranks.Communicator?.Size ?? 1);
                    return true;
                });
                ranks.Compare(communicator => Trainer.CheckRanks(parts, communicator));
                using RunLog? written = ranks.Together(() => ranks.IsFirst ? Log(parts, parsed.GetValue(folder), parsed.GetValue(overwrite)) : null);
                return Train(parts, written, plan, null, ranks, GraphsOption.Of(parsed, graphs));
            });
        }

        int Resume(ParseResult parsed, string stopped, Ranks ranks, Func<RunSettings, RunSettings> change)
        {
            // Resuming what is finished is no mistake: a script may do so until all is done.
            string? finished = ranks.Together(() => ResumedRun.Finished(stopped));
            if (ranks.Alike(finished is not null, $"{finished}, which it is not on all ranks: each must see the same folder"))
            {
                ranks.Console.WriteLine(finished!);
                return 0;
            }
            using ResumedRun? first = ranks.Together(() => ranks.IsFirst ? ResumedRun.Open(stopped, message => ranks.Error.WriteLine($"warning: {message}")) : null);
            // What the first rank does to the folder is done.
            using ResumedRun? other = ranks.Together(() => ranks.IsFirst ? null : ResumedRun.OpenBeside(stopped));
            ResumedRun run = (first ?? other)!;
            RunSettings asked = OnRanks(parsed, change(run.Settings), ranks);
            return OnDevice.Run(asked, ranks.Error, opened =>
            {
                CheckpointPlan plan = ranks.Together(() => CheckpointPlan.Parse(asked.CheckpointEvery, asked.KeepCheckpoints));
                using RunParts parts = ranks.Together(() => RunParts.Resolve(asked, catalogues, opened));
                ranks.Together(() =>
                {
                    Trainer.CheckGraphs(parts, GraphsOption.Of(parsed, graphs), ranks.Communicator?.Size ?? 1);
                    return true;
                });
                opened.Counters.Rates = MachineBenchmark.Measure(opened);
                if (ranks.IsFirst && asked.Precision != run.Settings.Precision) ranks.Error.WriteLine($"warning: the run goes on in precision {asked.Precision} and was in {run.Settings.Precision}: its numbers will differ by that much");
                if (ranks.IsFirst && asked.Activations != run.Settings.Activations) ranks.Error.WriteLine($"warning: the run goes on with saved activations in {asked.Activations} and had them in {run.Settings.Activations}: its numbers will differ by that much");
                if (ranks.IsFirst && asked.FrozenWeights != run.Settings.FrozenWeights) ranks.Error.WriteLine($"warning: the run goes on with frozen weights in {asked.FrozenWeights} and had them in {run.Settings.FrozenWeights}: its numbers will differ by that much");
                if (ranks.IsFirst && run.Difference(opened) is { } difference) ranks.Error.WriteLine($"warning: the run goes on elsewhere, so that its numbers will differ in their last bits: {difference}");
                using RunLog? written = ranks.Together(() => ranks.IsFirst ? run.OpenLog(parts) : null);
                return Train(parts, written, plan, run, ranks, GraphsOption.Of(parsed, graphs));
            });
        }

        // The host's memory is what ranks reduce, and they share the host's processors.
        RunSettings OnRanks(ParseResult parsed, RunSettings asked, Ranks ranks) => ranks.Communicator is null ? asked : asked with
        {
            Device = asked.Device == "auto" ? "cpu" : asked.Device,
            Threads = asked.Threads == 0 ? ranks.Threads : asked.Threads,
        };
    }

    /// <summary>Trains, writes what came of it, and says so.</summary>
    internal static int Train(RunParts parts, RunLog log, CheckpointPlan plan, ResumedRun? resumed, IAnsiConsole console, TextWriter error) =>
        Ranks.Run(null, console, error, ranks => Train(parts, log, plan, resumed, ranks, GraphUse.Auto));

    /// <summary>The same on some ranks, of which the first has a log.</summary>
    private static int Train(RunParts parts, RunLog? log, CheckpointPlan plan, ResumedRun? resumed, Ranks ranks, GraphUse graphs)
    {
        (IAnsiConsole console, TextWriter error) = (ranks.Console, ranks.Error);
        if (log is not null) log.Warn = message => error.WriteLine($"warning: {message}");
        // Ctrl-C and a terminal that is closed finish the step, write the run folder, and exit with 130. Never disposed: a signal may be on its way when the run ends.
        var stop = new CancellationTokenSource();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, stop, ranks));
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, stop, ranks));
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Stop(context, stop, ranks));
        // A run of a comparison that was killed would go on unseen, and hold its folder.
        OwnProcess.OnParentsEnd(stop.Cancel);
        RunResult result = TrainView.Watch(console, parts, observer =>
        {
            Trainer trainer = ranks.Together(() =>
            {
                var made = new Trainer(parts, log, observer, log is null ? null : new RunCheckpoints(log.Folder, plan), ranks.Communicator) { Graphs = graphs };
                resumed?.Load(made);
                return made;
            });
            // Of a new run they have been compared before its folder was made.
            if (resumed is not null) ranks.Compare(communicator => Trainer.CheckRanks(parts, communicator));
            return trainer.Run(stop.Token);
        });
        // The others have nothing to report, and not all that a report is made of: one that never had a sample does not know what a full step costs.
        if (!ranks.IsFirst) return CodeOf(result);
        if (log is not null) RunFolder.WriteResult(log.Folder, result, parts.Model);
        TrainReport.Print(console, result, parts.Device.Counters.Rates);
        if (log is not null && result.Failure is null && !result.IsCancelled) TextSamples.Print(console, parts);
        if (log is not null) console.WriteLine($"run folder: {log.Folder}");
        if (result.Failure is { } failure) error.WriteLine($"error: {failure}.");
        return CodeOf(result);
    }

    private static int CodeOf(RunResult result) => result.Failure is not null ? FreezeCommand.Failed : result.IsCancelled ? Cancelled : 0;

    private static RunLog Log(RunParts parts, string? folder, bool overwrites) =>
        folder is null ? RunLog.New(DefaultFolder(parts.Settings), parts.Settings, parts.Metrics) : new RunLog(folder, parts.Metrics, parts.Settings, overwrites);

    private static void Stop(PosixSignalContext context, CancellationTokenSource stop, Ranks ranks)
    {
        context.Cancel = true;
        stop.Cancel();
        ranks.ToldToEnd();
    }

    private static string DefaultFolder(RunSettings settings)
    {
        string name = $"{DateTime.Now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}-{settings.Model.Split(':')[0]}-{NamesOf(settings.PolicyText)}-{settings.Seed}";
        return Path.Combine("runs", string.Concat(name.Select(c => Path.GetInvalidFileNameChars().Contains(c) ? '-' : c)));
    }

    /// <summary>The name of a policy, or those of a criterion and a rule, without their settings: <c>weight-change-percentile+prefix</c>.</summary>
    private static string NamesOf(string text) =>
        string.Join('-', text.Split(' ').Select(specs => string.Join('+', specs.Split('+').Select(spec => spec.Split(':')[0]))));
}
