using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using ResearchFreeze.Peers;

var root = new RootCommand("Compares ResearchFreeze with libtorch through TorchSharp: golden files, step times, drift of frozen layers.");

var goldenOut = new Option<DirectoryInfo>("--out") { Description = "Folder to write the golden files to.", Required = true };
var onlyOperations = new Option<bool>("--operations") { Description = "Single operations, transformers and torchvision's ResNets alone, which take seconds; trainings take minutes." };
var golden = new Command("golden", "Write the golden files that the tests replay.") { goldenOut, onlyOperations };
golden.SetAction(parsed => Guarded(() =>
{
    string folder = parsed.GetRequiredValue(goldenOut).FullName;
    OperationGolden.Write(Path.Combine(folder, "operations"));
    TransformerGolden.Write(Path.Combine(folder, "transformers"));
    ResNetGolden.Write(Path.Combine(folder, "resnets"));
    if (parsed.GetValue(onlyOperations)) return;
    TrainingGolden.Write(Path.Combine(folder, "training"));
    ImageGolden.Write(Path.Combine(folder, "training"));
}));
root.Subcommands.Add(golden);

var threads = new Option<int>("--threads") { Description = "Threads of each.", DefaultValueFactory = _ => 2 };
var rounds = new Option<int>("--rounds") { Description = "Turns of each, after one that is not counted.", DefaultValueFactory = _ => 7 };
var models = new Option<string[]>("--model") { Description = "mlp:WIDTH,WIDTH,…; cnn; resnet:20; transformer:WIDTH,LAYERS,HEADS,TOKENS; bert:FOLDER. Default: the steps that the project promises something about.", AllowMultipleArgumentsPerToken = true };
var batch = new Option<int>("--batch") { Description = "With --model: samples a step.", DefaultValueFactory = _ => 128 };
var json = new Option<FileInfo?>("--json") { Description = "Also writes the results, with versions, to this file." };

var steps = new Command("steps", "Time full training steps of ours and of TorchSharp in turn: the promised ones, or --model with nothing and with half of its units frozen.") { models, batch, threads, rounds, json };
steps.SetAction(parsed => Guarded(() =>
{
    string[] named = parsed.GetValue(models) ?? [];
    int samples = Positive("--batch", parsed.GetValue(batch));
    StepCase[] cases = named.Length == 0 ? StepComparison.Promised : [.. named.SelectMany(name => new[] { false, true }.Select(half => StepComparison.Named(name, samples, half)))];
    Report(parsed, "steps", (count, turns) => StepComparison.Run(cases, count, turns));
}));
root.Subcommands.Add(steps);

var kinds = new Option<string[]>("--only") { Description = $"Some of {string.Join(", ", KernelComparison.Kinds)}. Default: all.", AllowMultipleArgumentsPerToken = true };
var kernels = new Command("kernels", "Time matrix products, convolutions and attention of ours and of libtorch in turn.") { kinds, threads, rounds, json };
kernels.SetAction(parsed => Guarded(() =>
{
    string[] wanted = parsed.GetValue(kinds) is { Length: > 0 } named ? named : KernelComparison.Kinds;
    if (wanted.FirstOrDefault(kind => !KernelComparison.Kinds.Contains(kind)) is { } unknown) throw new ArgumentException($"--only must be some of {string.Join(", ", KernelComparison.Kinds)}, found '{unknown}'.");
    Report(parsed, "kernels", (count, turns) => KernelComparison.Run(wanted, count, turns));
}));
root.Subcommands.Add(kernels);

var contender = new Option<string?>("--contender") { Description = "ours or torchsharp: measures only this one, in this process." };
var memoryModel = new Option<string>("--model") { Description = "The model.", DefaultValueFactory = _ => "resnet:20" };
var memory = new Command("memory", "Compare the peak resident memory of training steps, each contender in its own process.") { contender, memoryModel, batch, threads, json };
memory.SetAction(parsed => Guarded(() =>
{
    (string model, int samples) = (parsed.GetRequiredValue(memoryModel), Positive("--batch", parsed.GetValue(batch)));
    if (parsed.GetValue(contender) is { } only) MemoryComparison.Measure(only, model, samples, Positive("--threads", parsed.GetValue(threads)));
    else Report(parsed, "memory", (count, _) => MemoryComparison.Run([(model, samples)], count));
}));
root.Subcommands.Add(memory);

var driftModel = new Option<string>("--model") { Description = "mlp:WIDTH,WIDTH,…", DefaultValueFactory = _ => "mlp:784,256,256,256,10" };
var drift = new Command("drift", "Show how far a layer moves in TorchSharp after it was frozen.") { driftModel };
drift.SetAction(parsed => Guarded(() => FrozenDrift.Run(parsed.GetRequiredValue(driftModel))));
root.Subcommands.Add(drift);

var onnx = new Option<FileInfo>("--onnx") { Description = "The package's ONNX file; of minilm as scripts/embedded-resources.cs writes it.", Required = true };
var folder = new Option<DirectoryInfo>("--folder") { Description = "What scripts/get-minilm.sh made.", Required = true };
var docs = new Option<DirectoryInfo>("--docs") { Description = "Where the texts are from.", DefaultValueFactory = _ => new DirectoryInfo("docs") };
var file = new Option<FileInfo>("--out") { Description = "The golden file.", Required = true };
var miniLm = new Command("minilm", "Write what ONNX Runtime makes of 200 texts with MiniLM.") { onnx, folder, docs, file };
miniLm.SetAction(parsed => Guarded(() => MiniLmGolden.Write(parsed.GetRequiredValue(onnx).FullName, parsed.GetRequiredValue(folder).FullName, parsed.GetRequiredValue(docs).FullName, parsed.GetRequiredValue(file).FullName)));
root.Subcommands.Add(miniLm);

var resNet = new Command("resnet18", "Write what ONNX Runtime makes of drawn images with the ResNet-18 of a package.") { onnx, file };
resNet.SetAction(parsed => Guarded(() => ResNetOnnxGolden.Write(parsed.GetRequiredValue(onnx).FullName, parsed.GetRequiredValue(file).FullName)));
root.Subcommands.Add(resNet);

ParseResult command = root.Parse(args);
int code = command.Invoke();
return command.Errors.Count > 0 ? 2 : code;

// Runs a comparison with libtorch's threads set, and writes the file that --json names beside its place first.
void Report(ParseResult parsed, string name, Func<int, int, JsonArray> run)
{
    int count = Positive("--threads", parsed.GetValue(threads)), turns = Positive("--rounds", parsed.GetResult(rounds) is null ? 7 : parsed.GetValue(rounds));
    TorchSharp.torch.set_num_threads(count);
    Console.WriteLine($"{Versions.Peer}, {Versions.Ours(count)}, {turns} rounds");
    var result = new JsonObject { ["threads"] = count, ["rounds"] = turns, ["peer"] = Versions.Peer, ["versions"] = Versions.Machine(), [name] = run(count, turns) };
    if (parsed.GetValue(json) is not { } file) return;
    file.Directory?.Create();
    string beside = file.FullName + ".new";
    File.WriteAllText(beside, result.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" }) + "\n");
    File.Move(beside, file.FullName, overwrite: true);
}

static int Positive(string option, int value) => value > 0 ? value : throw new ArgumentException($"{option} must be positive, found {value}.");

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
    catch (InvalidOperationException e)
    {
        // Ours and theirs differ in what should be the same.
        Console.Error.WriteLine($"peers: {e.Message}");
        return 1;
    }
}
