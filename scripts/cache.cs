#:project ../src/Training/Training.csproj
#:property PublishAot=false
#:property GenerateDocumentationFile=false
#:property EnforceCodeStyleInBuild=false
// Times training steps with a frozen prefix, computed and read from a forward cache, in turn. The cache's own prediction stands beside what was measured. Usage: dotnet run -c Release scripts/cache.cs FILE.csv [MINILM-FOLDER]

using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

const int Batches = 12, Rounds = 5;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var rows = new StringBuilder("model,batch,prefix,units,storage,chosen,computedMs,readMs,predictedReadMs\n");
(string Model, string Data, int[] Prefixes)[] models =
[
    ("mlp:784,256,256,256,10", "fashion-mnist-small", [1, 2, 3]), ("cnn", "fashion-mnist-small", [1, 2, 3]), ("resnet:20", "fashion-mnist-small", [1, 5, 10]),
    .. args.Length > 1 ? [($"bert:{args[1]}", "wordnet-pos", (int[])[4, 7])] : Array.Empty<(string, string, int[])>(),
];
foreach ((string model, string data, int[] prefixes) in models)
{
    foreach (int prefix in prefixes)
    {
        foreach (string storage in (string[])["memory", "file", "half", "automatic"]) Measure(model, data, prefix, storage);
    }
}
File.WriteAllText(args[0], rows.ToString());

void Measure(string model, string data, int prefix, string storage)
{
    using RunParts parts = RunParts.Resolve(RunSettings.For(model) with { Data = data, Threads = 2, Device = "cpu" });
    IReadOnlyList<FreezeUnit> units = FreezeUnit.Of(parts.Model);
    foreach (Parameter parameter in units.Take(prefix).SelectMany(unit => unit.Parameters)) parameter.IsFrozen = true;
    string folder = Path.Combine(Path.GetTempPath(), $"cache-{Environment.ProcessId}");
    string chosen = "off";
    double computedMicros = double.NaN, readMicros = double.NaN;
    var options = new CacheOptions { IsForced = storage != "automatic", IsHalf = storage == "half", Samples = parts.Data.Train.Count, Folder = storage == "file" ? folder : null, Identity = "break-even" };
    // What the measured choice says of a boundary at the end of the prefix is asked of an automatic cache.
    using (var cache = new ForwardCache(options, Said))
    {
        int size = parts.Settings.BatchSize;
        Run(size, batch => cache.Forward(parts.Model, batch), cache.Has);
        var computed = new List<double>();
        var read = new List<double>();
        for (int round = 0; round < Rounds; round++)
        {
            computed.Add(Run(size, parts.Forward, null));
            read.Add(Run(size, batch => cache.Forward(parts.Model, batch), cache.Has));
        }
        if (cache.Boundary is { } boundary) chosen = boundary;
        double predicted = Median(computed) - (size * (computedMicros - readMicros) / 1000);
        string name = model.StartsWith("bert", StringComparison.Ordinal) ? "bert:minilm" : model;
        string row = FormattableString.Invariant($"\"{name}\",{size},{prefix},{units.Count},{storage},{chosen},{Median(computed):F3},{Median(read):F3},{(double.IsNaN(predicted) ? "" : predicted.ToString("F3", CultureInfo.InvariantCulture))}");
        rows.AppendLine(row);
        Console.WriteLine(row);
    }
    if (Directory.Exists(folder)) Directory.Delete(folder, true);

    // Milliseconds of a step: some batches of the first epoch, which come again and again. The data are of the step: those that are kept are not read.
    double Run(int size, Func<Batch, Tensor> forward, ResearchFreeze.Data.HasSamples? skip)
    {
        long began = Stopwatch.GetTimestamp();
        int steps = 0;
        foreach (Batch batch in parts.Data.Train.Batches(size, 1, 0, skip).Take(Batches))
        {
            using var scope = new Scope();
            parts.Task.Loss(forward(batch), batch).Backward();
            parts.Optimizer.Step();
            parts.Model.ClearGradients();
            steps++;
        }
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds / steps;
    }

    void Said(string line)
    {
        if (Regex.Match(line, @"takes (\d+) µs a sample, (\d+) µs with it read") is { Success: true } match) (computedMicros, readMicros) = (Number(match, 1), Number(match, 2));
    }
}

static double Number(Match match, int group) => double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
