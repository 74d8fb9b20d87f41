using System.CommandLine;
using ResearchFreeze.Peers;

var root = new RootCommand("Compares ResearchFreeze with libtorch through TorchSharp: golden files, step times, drift of frozen layers.");

var goldenOut = new Option<DirectoryInfo>("--out") { Description = "Folder to write the golden files to.", Required = true };
var golden = new Command("golden", "Write the golden files that the tests replay.") { goldenOut };
golden.SetAction(parsed => Guarded(() =>
{
    string folder = parsed.GetRequiredValue(goldenOut).FullName;
    TrainingGolden.Write(Path.Combine(folder, "training"));
    ImageGolden.Write(Path.Combine(folder, "training"));
    OperationGolden.Write(Path.Combine(folder, "operations"));
}));
root.Subcommands.Add(golden);

var model = new Option<string>("--model") { Description = "mlp:WIDTH,WIDTH,…", DefaultValueFactory = _ => "mlp:784,512,512,512,10" };
var batch = new Option<int>("--batch") { Description = "Rows a step.", DefaultValueFactory = _ => 128 };
var threads = new Option<int>("--threads") { Description = "Threads that libtorch may use.", DefaultValueFactory = _ => 2 };
var steps = new Option<int>("--steps") { Description = "Timed steps a row, after the warm-up.", DefaultValueFactory = _ => 30 };
var json = new Option<bool>("--json") { Description = "Print JSON instead of a table." };
var bench = new Command("bench", "Time full training steps with 0, half and all but one of the linear layers frozen in front.") { model, batch, threads, steps, json };
bench.SetAction(parsed => Guarded(() => StepBenchmark.Run(
    parsed.GetRequiredValue(model), parsed.GetRequiredValue(batch), parsed.GetRequiredValue(threads), parsed.GetRequiredValue(steps), parsed.GetValue(json))));
root.Subcommands.Add(bench);

var driftModel = new Option<string>("--model") { Description = "mlp:WIDTH,WIDTH,…", DefaultValueFactory = _ => "mlp:784,256,256,256,10" };
var drift = new Command("drift", "Show how far a layer moves in TorchSharp after it was frozen.") { driftModel };
drift.SetAction(parsed => Guarded(() => FrozenDrift.Run(parsed.GetRequiredValue(driftModel))));
root.Subcommands.Add(drift);

ParseResult command = root.Parse(args);
int code = command.Invoke();
return command.Errors.Count > 0 ? 2 : code;

static int Guarded(Action action)
{
    try
    {
        action();
        return 0;
    }
    catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine($"peers: {e.Message}");
        return 2;
    }
}
