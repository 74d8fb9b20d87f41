using System.Text.Json;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>The files of a finished run: <c>config.json</c>, <c>summary.json</c>, <c>weights.safetensors</c>, and <c>test-confusion.csv</c> or another table of a metric, where one was asked for, beside the log's <c>metrics.csv</c> and <c>decisions.jsonl</c>. Each is written beside and renamed.</summary>
public static class RunFolder
{
    /// <summary>The names of a run's files.</summary>
    internal static readonly string[] Files = ["config.json", "metrics.csv", "decisions.jsonl", "weights.safetensors", "summary.json"];

    /// <summary>What the names of files with a metric's table for test data begin with.</summary>
    internal const string TablePrefix = "test-";

    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    /// <summary>Writes what was asked for, before the run.</summary>
    public static void WriteConfig(string folder, RunSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Write(Path.Combine(folder, "config.json"), json =>
        {
            json.WriteString("model", settings.Model);
            json.WriteString("data", settings.Data);
            json.WriteString("policy", settings.IsComposed ? null : settings.Policy);
            json.WriteString("criterion", settings.Criterion);
            json.WriteString("rule", settings.Rule);
            json.WriteString("control", settings.Control);
            json.WriteNumber("epochs", settings.Epochs);
            json.WriteNumber("batch", settings.BatchSize);
            json.WriteNumber("accumulate", settings.Accumulate);
            json.WriteString("optimizer", settings.Optimizer);
            json.WriteNumber("lr", settings.LearningRate);
            json.WriteString("schedule", settings.Schedule);
            json.WriteNumber("seed", settings.Seed);
            json.WriteString("device", settings.Device);
            json.WriteNumber("threads", settings.Threads);
            json.WriteString("augment", settings.Augment);
            json.WriteString("metrics", settings.Metrics);
            json.WriteString("units", settings.Units);
            json.WriteString("replay", settings.Replay);
        });
    }

    /// <summary>Reads what was asked for in a run.</summary>
    /// <exception cref="FormatException">The file is no run's settings.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static RunSettings ReadConfig(string folder)
    {
        string path = Path.Combine(folder, "config.json");
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
            JsonElement json = document.RootElement;
            var defaults = new RunSettings();
            return new RunSettings
            {
                Model = json.GetProperty("model").GetString()!,
                Data = json.GetProperty("data").GetString()!,
                Policy = json.GetProperty("policy").GetString() ?? defaults.Policy,
                Criterion = json.GetProperty("criterion").GetString(),
                Rule = json.GetProperty("rule").GetString(),
                Control = json.GetProperty("control").GetString(),
                Epochs = json.GetProperty("epochs").GetInt32(),
                BatchSize = json.GetProperty("batch").GetInt32(),
                Accumulate = json.GetProperty("accumulate").GetInt32(),
                Optimizer = json.GetProperty("optimizer").GetString()!,
                LearningRate = json.GetProperty("lr").GetSingle(),
                Schedule = json.GetProperty("schedule").GetString()!,
                Seed = json.GetProperty("seed").GetUInt64(),
                Device = json.GetProperty("device").GetString()!,
                Threads = json.GetProperty("threads").GetInt32(),
                Augment = json.GetProperty("augment").GetString()!,
                Metrics = json.GetProperty("metrics").GetString()!,
                Units = json.GetProperty("units").GetString()!,
            };
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException or FormatException)
        {
            throw new FormatException($"'{path}' is no run's settings: {exception.Message}");
        }
    }

    /// <summary>Writes what the run gave, and its weights.</summary>
    public static void WriteResult(string folder, RunResult result, ModuleBase model)
    {
        ArgumentNullException.ThrowIfNull(result);
        StateDict.Save(model, Path.Combine(folder, "weights.safetensors"));
        foreach (NamedTable table in result.TestTables) TableFile.Write(Path.Combine(folder, $"{TablePrefix}{table.Name}.csv"), table);
        Write(Path.Combine(folder, "summary.json"), json => WriteSummary(json, result));
    }

    private static void WriteSummary(Utf8JsonWriter json, RunResult result)
    {
        json.WriteString("model", result.Settings.Model);
        json.WriteString("data", result.Settings.Data);
        json.WriteString("policy", result.Settings.PolicyText);
        json.WriteNumber("seed", result.Settings.Seed);
        json.WriteString("device", result.Device);
        json.WriteNumber("threads", result.Threads);
        json.WriteNumber("epochs", result.Epochs);
        json.WriteNumber("steps", result.Steps);
        json.WriteBoolean("cancelled", result.IsCancelled);
        json.WriteString("failure", result.Failure?.ToString());
        Number(json, "testAccuracy", result.TestAccuracy);
        json.WriteStartObject("test");
        foreach (NamedValue metric in result.TestMetrics) Number(json, metric.Name, metric.Value);
        json.WriteEndObject();
        Number(json, "bestValidationAccuracy", result.BestValidationAccuracy);
        Number(json, "testAccuracyAtBestValidation", result.TestAccuracyAtBestValidation);
        Number(json, "finalTrainLoss", result.FinalTrainLoss);
        RunSeconds seconds = result.Seconds;
        json.WriteStartObject("seconds");
        Number(json, "total", seconds.Total);
        Number(json, "forward", seconds.Forward);
        Number(json, "backward", seconds.Backward);
        Number(json, "optimizer", seconds.Optimizer);
        Number(json, "controller", seconds.Controller);
        Number(json, "data", seconds.Data);
        Number(json, "evaluation", seconds.Evaluation);
        json.WriteEndObject();
        FreezeLedger ledger = result.Ledger;
        Work(json, "flops", ledger.Done, ledger.Done(), cost => cost.Flops);
        Work(json, "fullTrainingFlops", ledger.Full, ledger.Full(), cost => cost.Flops);
        Work(json, "bytes", ledger.Done, ledger.Done(), cost => cost.Bytes);
        Work(json, "fullTrainingBytes", ledger.Full, ledger.Full(), cost => cost.Bytes);
        json.WriteStartObject("saved");
        Number(json, "backwardFlops", ledger.SavedBackward);
        Number(json, "totalFlops", ledger.SavedTotal);
        json.WriteEndObject();
        json.WriteStartObject("peakBytes");
        json.WriteNumber("activations", result.PeakBytes.Activations);
        json.WriteNumber("saved", result.PeakBytes.Saved);
        json.WriteNumber("gradients", result.PeakBytes.Gradients);
        json.WriteNumber("optimizer", result.PeakBytes.Optimizer);
        json.WriteNumber("process", result.PeakBytes.Process);
        json.WriteEndObject();
        json.WriteNumber("decisions", result.Decisions.Count);
    }

    private static void Work(Utf8JsonWriter json, string name, Func<CostKind, Cost> of, Cost total, Func<Cost, long> part)
    {
        json.WriteStartObject(name);
        json.WriteNumber("forward", part(of(CostKind.Forward)));
        json.WriteNumber("inputGradient", part(of(CostKind.InputGradient)));
        json.WriteNumber("weightGradient", part(of(CostKind.WeightGradient)));
        json.WriteNumber("optimizer", part(of(CostKind.Optimizer)));
        json.WriteNumber("controller", part(of(CostKind.Statistics)));
        json.WriteNumber("total", part(total));
        json.WriteEndObject();
    }

    /// <summary>JSON has no NaN: what was not measured is null.</summary>
    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }

    private static void Write(string path, Action<Utf8JsonWriter> write) => AtomicFile.Write(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream, Indented);
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
    });
}
