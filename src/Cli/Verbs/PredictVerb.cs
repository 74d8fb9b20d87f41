using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CsvHelper;
using CsvHelper.Configuration;
using ResearchFreeze.Data;
using ResearchFreeze.Images;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze predict</c>: what a trained model says of samples.</summary>
internal static class PredictVerb
{
    private const string StandardInput = "-";

    public static Command Create(RunCatalogues catalogues, TextWriter output, TextWriter error)
    {
        var input = new RunInput(catalogues);
        var file = new Argument<string?>("file") { HelpName = "FILE", Description = "Samples without labels: CSV, a sample a row; IDX; an image, or a folder of images; texts, one a line; - is a CSV or texts from standard input", DefaultValueFactory = _ => null };
        var format = new Option<string>("--format") { HelpName = "FORMAT", Description = "csv, or jsonl: a JSON object a line", DefaultValueFactory = _ => "csv" };
        format.OneOf("csv", "jsonl");
        var all = new Option<bool>("--all") { Description = "The probability of every class, and not only of the first" };
        var tokens = new Option<int>("--tokens") { HelpName = "N", Description = "Of a run on next tokens: how many it goes on with behind each text", DefaultValueFactory = _ => new GenerationOptions().Tokens };
        var temperature = new Option<double>("--temperature") { HelpName = "X", Description = "Of a run on next tokens: 0 takes the most probable one; else they are drawn, by the run's seed", DefaultValueFactory = _ => 0, CustomParser = result => result.Real() };
        var place = new Option<string?>("--out") { HelpName = "FILE", Description = "Where to; else to standard output" };
        var overwrite = new Option<bool>("--overwrite") { Description = "With --out: replaces a file that is there" };
        Verb command = new Verb("predict", "Says what a trained model predicts of each sample: the class and how probable it is, numbers, or how a text goes on. Needs the run folder and nothing else.")
            .With("Model and data", input.Weights, input.Data, input.Part)
            .With("Output", format, all, tokens, temperature, place, overwrite)
            .With("Device", input.Device, input.Threads, input.Precision)
            .Example("predict runs/a samples.csv", "a file without labels")
            .Example("predict runs/a --data fashion-mnist-small --out found.csv", "the test part of a data set, its labels beside the predictions");
        command.Add(input.Run);
        command.Add(file);
        command.SetAction(parsed =>
        {
            string? from = parsed.GetValue(file), spec = parsed.GetValue(input.Data);
            if (from is null == spec is null) throw new ArgumentException(from is null ? "predict needs a FILE, or --data." : "predict takes a FILE or --data, not both.");
            parsed.Needs(input.Part, input.Data);
            parsed.Needs(overwrite, place);
            if (parsed.GetValue(place) is { } taken && File.Exists(taken) && !parsed.GetValue(overwrite)) throw new IOException($"'{taken}' is there already; give another file, or --overwrite.");
            CheckPlace(parsed.GetValue(place), parsed.GetValue(input.Run)!);
            return input.OnDevice(parsed, error, device =>
            {
                using TrainedModel run = input.Open(parsed, catalogues, device);
                bool isCsv = parsed.GetValue(format) == "csv";
                Action<TextWriter> write = run.Task is NextToken && from is not null ? Texts(run) : Table(run);
                if (parsed.GetValue(place) is not { } path)
                {
                    write(output);
                    output.Flush();
                    return 0;
                }
                AtomicFile.Write(path, stream =>
                {
                    using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true);
                    write(writer);
                });
                return 0;

                Action<TextWriter> Texts(TrainedModel run)
                {
                    if (parsed.GetValue(all)) throw new ArgumentException("--all has no effect: the run goes on with texts, and gives no classes.");
                    string[] texts = TextLines.Lines(from == StandardInput ? "standard input" : from!, from == StandardInput ? Console.In : null);
                    var options = new GenerationOptions { Tokens = parsed.GetValue(tokens), Temperature = parsed.GetValue(temperature), Seed = run.Settings.Seed };
                    Continuation[] found = Continuations.Of(run, from!, texts, options, message => error.WriteLine($"warning: {message}"));
                    return writer => Continuations.Write(writer, found, isCsv);
                }

                Action<TextWriter> Table(TrainedModel run)
                {
                    foreach (Option option in (Option[])[tokens, temperature])
                    {
                        if (parsed.IsGiven(option)) throw new ArgumentException($"{option.Name} has no effect: the run is of task {run.Task.Name}, and only next-token with a FILE goes on with texts.");
                    }
                    (HostDataSet samples, IReadOnlyList<string>? files) = from switch
                    {
                        null => (input.Load(parsed, catalogues, spec!, run), null),
                        _ when run.Tokenizer is { } tokenizer => (TextLines.Read(from, from == StandardInput ? Console.In : null, tokenizer, run.Data.SampleShape[0]), null),
                        StandardInput => (SampleFile.Read(Console.In, "standard input", run.Data.SampleShape, run.Data.Bytes, run.Data.InputNames), null),
                        _ when ImageSamples.Are(from) => ImageSamples.Read(from, run.Data.SampleShape),
                        _ => (SampleFile.Read(from, run.Data.SampleShape, run.Data.Bytes, run.Data.InputNames), null),
                    };
                    if (run.Data.Targets > 0 && parsed.GetValue(all)) throw new ArgumentException("--all has no effect: the model predicts numbers, and no classes.");
                    CheckLabels(run.Data, samples, isLabelled: from is null);
                    var table = new Columns(run, samples, Finite(run.Predict(samples), samples.Name), parsed.GetValue(all), HasLabels: from is null, files);
                    return writer => Write(writer, table, isCsv);
                }
            });
        });
        return command;
    }

    /// <summary>What is written. The predictions are asked for before a line is.</summary>
    private sealed record Columns(TrainedModel Run, HostDataSet Samples, IEnumerable<Prediction> Predictions, bool All, bool HasLabels, IReadOnlyList<string>? Files);

    /// <summary>What is no number has no largest one among it: the first class would be named, whatever the sample is.</summary>
    private static IEnumerable<Prediction> Finite(IEnumerable<Prediction> predictions, string name)
    {
        foreach (Prediction prediction in predictions)
        {
            foreach (double value in prediction.Values.Concat(prediction.Probabilities))
            {
                if (!double.IsFinite(value)) throw new DataFormatException(name, "samples that the model gives finite numbers for", FormattableString.Invariant($"{value} for sample {prediction.Sample} (too large a sample, or damaged weights)"));
            }
            yield return prediction;
        }
    }

    /// <summary>Found before the model is run, and not when its results are to be kept.</summary>
    private static void CheckPlace(string? path, string run)
    {
        if (path is null) return;
        if (RunFolder.IsOwn(run, path)) throw new ArgumentException($"--out {path}: that is a file of the run; give another name.");
        if (Directory.Exists(path)) throw new IOException($"--out needs a file's name, and '{path}' is a folder.");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder)) throw new DirectoryNotFoundException($"--out {path}: there is no folder '{folder}'.");
    }

    /// <summary>Labels that stand beside predictions are of their kind.</summary>
    private static void CheckLabels(RunData data, HostDataSet samples, bool isLabelled)
    {
        if (!isLabelled || samples.TargetCount == data.Targets) return;
        throw new DataFormatException(samples.Name, Kind(data.Targets), Kind(samples.TargetCount));

        static string Kind(int targets) => targets switch { 0 => "classes", 1 => "one number to predict", _ => $"{targets} numbers to predict" };
    }

    private static void Write(TextWriter writer, Columns table, bool isCsv)
    {
        if (isCsv) WriteCsv(writer, table);
        else WriteJson(writer, table);
    }

    private static void WriteCsv(TextWriter writer, Columns table)
    {
        RunData data = table.Run.Data;
        // Line ends that other tools of a pipe understand.
        using var csv = new CsvWriter(writer, new CsvConfiguration(CultureInfo.InvariantCulture) { NewLine = "\n" }, leaveOpen: true);
        if (data.Targets > 0)
        {
            WriteNumbers(csv, table);
            return;
        }
        string[] names = ["sample", "class", "probability", .. table.HasLabels ? ["label"] : Array.Empty<string>(), .. table.All ? Enumerable.Range(0, data.Classes).Select(label => $"p({data.NameOf(label)})") : []];
        foreach (string name in names) csv.WriteField(name);
        csv.NextRecord();
        foreach (Prediction prediction in table.Predictions)
        {
            csv.WriteField(SampleOf(table, prediction));
            csv.WriteField(NameOf(data, prediction.Class));
            csv.WriteField(Rounded(prediction.Probability));
            if (table.HasLabels) csv.WriteField(LabelOf(table.Samples, prediction.Sample));
            for (int label = 0; table.All && label < data.Classes; label++) csv.WriteField(Rounded(prediction.Probabilities[label]));
            csv.NextRecord();
        }
    }

    private static void WriteNumbers(CsvWriter csv, Columns table)
    {
        RunData data = table.Run.Data;
        csv.WriteField("sample");
        for (int target = 0; target < data.Targets; target++) csv.WriteField(data.TargetNameOf(target));
        for (int target = 0; table.HasLabels && target < data.Targets; target++) csv.WriteField($"label({data.TargetNameOf(target)})");
        csv.NextRecord();
        foreach (Prediction prediction in table.Predictions)
        {
            csv.WriteField(SampleOf(table, prediction));
            foreach (double value in prediction.Values) csv.WriteField((float)value);
            if (table.HasLabels)
            {
                foreach (float value in TargetsOf(table.Samples, prediction.Sample)) csv.WriteField(value);
            }
            csv.NextRecord();
        }
    }

    private static void WriteJson(TextWriter writer, Columns table)
    {
        RunData data = table.Run.Data;
        using var line = new MemoryStream();
        using var json = new Utf8JsonWriter(line);
        foreach (Prediction prediction in table.Predictions)
        {
            line.SetLength(0);
            json.Reset();
            json.WriteStartObject();
            if (table.Files is { } files) json.WriteString("sample", files[prediction.Sample]);
            else json.WriteNumber("sample", prediction.Sample);
            for (int target = 0; target < prediction.Values.Count; target++) json.WriteNumber(data.TargetNameOf(target), (float)prediction.Values[target]);
            if (data.Targets == 0) WriteClass(json, table, prediction);
            else if (table.HasLabels) WriteTargets(json, table, prediction);
            json.WriteEndObject();
            json.Flush();
            writer.Write(Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length));
            writer.Write('\n');
        }
    }

    private static void WriteTargets(Utf8JsonWriter json, Columns table, Prediction prediction)
    {
        json.WriteStartObject("labels");
        foreach ((int target, float value) in TargetsOf(table.Samples, prediction.Sample).Index()) json.WriteNumber(table.Run.Data.TargetNameOf(target), value);
        json.WriteEndObject();
    }

    /// <summary>What was to be predicted, in the data's own unit.</summary>
    private static float[] TargetsOf(HostDataSet samples, int sample)
    {
        var values = new float[samples.TargetCount];
        samples.CopyTargets(sample, values);
        if (samples.TargetNormalisation is not { } constants) return values;
        return [.. values.Select((value, target) => (float)((value * constants.Deviations[target]) + constants.Means[target]))];
    }

    private static void WriteClass(Utf8JsonWriter json, Columns table, Prediction prediction)
    {
        RunData data = table.Run.Data;
        json.WriteString("class", NameOf(data, prediction.Class));
        json.WriteNumber("probability", Rounded(prediction.Probability));
        if (table.HasLabels) json.WriteString("label", LabelOf(table.Samples, prediction.Sample));
        if (table.All)
        {
            json.WriteStartObject("probabilities");
            for (int label = 0; label < data.Classes; label++) json.WriteNumber(data.NameOf(label), Rounded(prediction.Probabilities[label]));
            json.WriteEndObject();
        }
    }

    /// <summary>A file's name, or the sample's place.</summary>
    private static string SampleOf(Columns table, Prediction prediction) => table.Files is { } files ? files[prediction.Sample] : FormattableString.Invariant($"{prediction.Sample}");

    /// <summary>A model may have more outputs than there are classes.</summary>
    private static string NameOf(RunData data, int label) => label < data.Classes ? data.NameOf(label) : FormattableString.Invariant($"{label}");

    private static string LabelOf(HostDataSet samples, int sample) => samples.ClassNames is { } names ? names[samples.Labels[sample]] : FormattableString.Invariant($"{samples.Labels[sample]}");

    /// <summary>As exact as a probability of float32 is.</summary>
    private static double Rounded(double probability) => Math.Round(probability, 7);
}
