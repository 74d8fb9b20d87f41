using System.CommandLine;
using System.Globalization;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze bench</c>: step times by the number of frozen units.</summary>
internal static class BenchVerb
{
    public static Command Create(RunCatalogues catalogues, IAnsiConsole console, TextWriter output, TextWriter error)
    {
        var model = new Option<string>("--model") { HelpName = "SPEC", Description = "The network ('freeze list models')", DefaultValueFactory = _ => "mlp:784,512,512,512,10" };
        var batch = new Option<int>("--batch") { HelpName = "N", Description = "Samples a batch", DefaultValueFactory = _ => 128 };
        var steps = new Option<int>("--steps") { HelpName = "N", Description = "Steps timed of each", DefaultValueFactory = _ => 30 };
        Option<int> threads = ThreadsOption.Create();
        Option<string> device = DeviceOption.Create("auto"), precision = PrecisionOption.Create();
        Option<string> activations = TrainingOptions.CreateActivations("float32"), frozenWeights = TrainingOptions.CreateFrozenWeights("float32");
        var policy = new Option<string?>("--policy") { HelpName = "SPEC", Description = "Times what this policy's statistics and controller cost instead" };
        var runSteps = new Option<int>("--run-steps") { HelpName = "N", Description = "With --policy: the length of the run whose check interval is used", DefaultValueFactory = _ => 395 };
        var prefixes = new Option<bool>("--prefixes") { Description = "Times every number of frozen units, from none to all but one" };
        var primitives = new Option<bool>("--primitives") { Description = "Shows what each primitive of each step costs" };
        var profile = new Option<bool>("--profile") { Description = "On a GPU: shows the kernels of a step, by their share of its time" };
        Option<string> graphs = GraphsOption.Create();
        var wide = new Option<bool>("--wide") { Description = "Shows every column, however wide the terminal is" };
        var json = new Option<bool>("--json") { Description = "Prints JSON" };
        Verb command = new Verb("bench", "Times full training steps on synthetic data with none, half and all but one of the units frozen.")
            .With("Model and device", model, batch, device, threads, precision, activations, frozenWeights)
            .With("What is timed", steps, prefixes, primitives, profile, graphs, policy, runSteps)
            .With("Output", wide, json)
            .Example("bench --model resnet:20 --prefixes", "a step's time for every number of frozen blocks")
            .Example("bench --model cnn --policy adaptive", "what watching the units costs");
        command.SetAction(parsed =>
        {
            parsed.Excludes(policy, "one step with nothing frozen is measured, over three intervals between checks", steps, prefixes, primitives, profile, graphs, frozenWeights);
            parsed.Excludes(profile, "the kernels of one step with nothing frozen are timed one by one", prefixes, primitives, graphs, frozenWeights);
            parsed.Needs(runSteps, policy);
            string text = parsed.GetValue(model)!, on = parsed.GetValue(device)!;
            ModelSpec spec = catalogues.Models.Create(text);
            return OnDevice.Run(on, ThreadsOption.Checked(parsed, threads, on), PrecisionOption.Of(parsed, precision), error, used => Measure(parsed, text, spec, used));
        });
        return command;

        int Measure(ParseResult parsed, string text, ModelSpec spec, Device used)
        {
            used.SavedPrecision = Precisions.ParseSaved(parsed.GetValue(activations)!);
            bool every = parsed.GetValue(prefixes), costs = parsed.GetValue(primitives);
            if (parsed.GetValue(policy) is { } name)
            {
                Policy measured = catalogues.Policies.Create(name);
                used.Counters.Rates = MachineBenchmark.Measure(used);
                PolicyBenchResult cost = PolicyBench.Run(name, measured, spec, used, CheckedBatch(parsed.GetValue(batch)), parsed.GetValue(runSteps));
                if (parsed.GetValue(json)) output.WriteLine(Json(cost));
                else Print(console, text, parsed.GetValue(batch), cost);
                return 0;
            }
            if (parsed.GetValue(profile))
            {
                ProfileBenchResult found = ProfileBench.Run(text, spec, used, parsed.GetValue(batch), parsed.GetValue(steps));
                if (parsed.GetValue(json)) output.WriteLine(ProfileReport.Json(found));
                else ProfileReport.Print(console, found, parsed.GetValue(wide));
                return 0;
            }
            StepBenchResult result = StepBench.Run(text, spec, used, parsed.GetValue(batch), parsed.GetValue(steps), every, costs && used.IsSynchronous, GraphsOption.Of(parsed, graphs), Precisions.ParseFrozen(parsed.GetValue(frozenWeights)!));
            if (parsed.GetValue(json)) output.WriteLine(StepBenchReport.Json(result, costs));
            else StepBenchReport.Print(console, result, costs, parsed.GetValue(wide));
            return 0;
        }
    }

    private static int CheckedBatch(int batch) => batch >= 1 ? batch : throw new ArgumentException($"Bench: the batch size must be at least 1, found {batch}.");

    private static void Print(IAnsiConsole console, string model, int batch, PolicyBenchResult result)
    {
        console.WriteLine($"{model}, batch {batch}, policy {result.Policy}, a check every {result.CheckEvery} steps, {result.Checks} checks, nothing frozen");
        Table table = Tables.New("", "step", "statistics and controller", "overhead");
        table.AddRow("milliseconds", Number(result.StepMilliseconds), result.ControllerMilliseconds.ToString("F4", CultureInfo.InvariantCulture), Share(result.TimeShare));
        table.AddRow("MFLOP", Number(result.Step.Flops / 1e6), Number(result.Controller.Flops / 1e6), Share(result.FlopsShare));
        table.AddRow("MB", Number(result.Step.Bytes / 1e6), Number(result.Controller.Bytes / 1e6), Share(result.BytesShare));
        table.AddRow("roofline ms", Number(result.Step.BoundSeconds * 1e3), Number(result.Controller.BoundSeconds * 1e3), Share(result.BoundShare));
        Tables.Write(console, table);
    }

    private static string Json(PolicyBenchResult result) => JsonText.Of(json =>
    {
        json.WriteString("policy", result.Policy);
        json.WriteNumber("steps", result.Steps);
        json.WriteNumber("checkEvery", result.CheckEvery);
        json.WriteNumber("stepMilliseconds", result.StepMilliseconds);
        json.WriteNumber("controllerMilliseconds", result.ControllerMilliseconds);
        json.WriteNumber("timeShare", result.TimeShare);
        json.WriteNumber("flopsShare", result.FlopsShare);
        json.WriteNumber("bytesShare", result.BytesShare);
        json.WriteNumber("boundShare", result.BoundShare);
    });

    private static string Share(double value) => value.ToString("P2", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("F2", CultureInfo.InvariantCulture);
}
