using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using ResearchFreeze.Autograd;
using ResearchFreeze.Evaluation;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>What <c>freeze bench</c> prints of steps, with everything that a prediction is made of.</summary>
internal static class StepBenchReport
{
    /// <summary>Prints a row for each number of frozen units.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="result">What was measured.</param>
    /// <param name="primitives">Whether each primitive has a row too.</param>
    /// <param name="wide">Whether every column is shown, and not those that fit 80 columns.</param>
    public static void Print(IAnsiConsole console, StepBenchResult result, bool primitives, bool wide)
    {
        console.WriteLine($"{result.Model}, {result.Optimizer}, batch {result.Batch}, {result.Device}");
        (string Title, bool IsNarrow, Func<StepBenchRow, string> Cell)[] columns =
        [
            ("frozen", true, Frozen), ("step ms", true, row => Number(row.StepMilliseconds)), ("of full", true, row => Percent(result.MeasuredFraction(row))),
            ("predicted", true, row => Percent(result.PredictedFraction(row))), ("forward ms", true, row => Number(row.ForwardMilliseconds)), ("roofline ms", true, row => Number(row.PredictedMilliseconds)),
            ("deviation", false, row => Percent(result.Deviation(row))), ("of roofline", false, row => Percent(row.OfBound)), ("of peak", false, row => Percent(OfPeak(result, row))), ("MFLOP", false, row => Number(row.Flops / 1e6)),
            ("MB", false, row => Number(row.Bytes / 1e6)), ("kept MB", false, row => Number(row.SavedBytes / 1e6)), ("weights MB", false, row => Number(row.WeightBytes / 1e6)), ("managed bytes", false, row => row.ManagedBytesPerStep.ToString(CultureInfo.InvariantCulture)),
        ];
        columns = [.. columns.Where(column => wide || column.IsNarrow)];
        Table table = Tables.New([.. columns.Select(column => column.Title)]);
        foreach (TableColumn column in table.Columns) column.NoWrap();
        foreach (StepBenchRow row in result.Rows) table.AddRow([.. columns.Select(column => column.Cell(row))]);
        Tables.Write(console, table);
        if (result.AreRepeated) console.WriteLine("steps are repeated as recorded; --graphs off: each is taken by the code");
        if (result.Activations != Precision.Float32) console.WriteLine($"activations are kept in {Precisions.NameOf(result.Activations)} for the backward pass");
        if (result.FrozenWeights != Precision.Float32) console.WriteLine($"frozen weights are kept in {Precisions.NameOf(result.FrozenWeights)}");
        if (primitives) PrintPrimitives(console, result);
        console.WriteLine("predicted: by the roofline, the sum over primitives of the larger of");
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  operations / {result.Rates.FlopsPerSecond / 1e9:F1} GFLOP/s and bytes / {result.Rates.BytesPerSecond / 1e9:F1} GB/s,"));
        console.WriteLine($"  measured by {result.PeakMeasure}, and by a copy");
        if (wide) console.WriteLine("deviation: of full / predicted - 1; of peak: MFLOP / step ms / peak");
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"peak memory {result.PeakBytes / 1e6:F0} MB{(wide ? "" : "; --wide shows more columns")}"));
    }

    public static string Json(StepBenchResult result, bool primitives) => JsonText.Of(json =>
    {
        json.WriteString("model", result.Model);
        json.WriteString("optimizer", result.Optimizer);
        json.WriteNumber("batch", result.Batch);
        json.WriteNumber("threads", result.Threads);
        json.WriteString("device", result.Device);
        json.WriteString("runtime", RuntimeInformation.FrameworkDescription);
        json.WriteString("system", RuntimeInformation.OSDescription);
        json.WriteNumber("peakFlops", result.Rates.FlopsPerSecond);
        json.WriteString("peakMeasure", result.PeakMeasure);
        json.WriteNumber("bandwidth", result.Rates.BytesPerSecond);
        if (result.AreRepeated) json.WriteBoolean("graphs", true);
        if (result.Activations != Precision.Float32) json.WriteString("activations", Precisions.NameOf(result.Activations));
        if (result.FrozenWeights != Precision.Float32) json.WriteString("frozenWeights", Precisions.NameOf(result.FrozenWeights));
        json.WriteStartArray("rows");
        foreach (StepBenchRow row in result.Rows) WriteRow(json, result, row, primitives);
        json.WriteEndArray();
        json.WriteNumber("peakBytes", result.PeakBytes);
    });

    private static void PrintPrimitives(IAnsiConsole console, StepBenchResult result)
    {
        Table table = Tables.New("frozen", "primitive", "calls", "MFLOP", "MB", "roofline ms", "ms", "of it");
        foreach (StepBenchRow row in result.Rows)
        {
            foreach (PrimitiveBenchRow primitive in row.Primitives)
            {
                table.AddRow(
                    Frozen(row), primitive.Primitive.ToString(), primitive.Calls.ToString(CultureInfo.InvariantCulture), Number(primitive.Flops / 1e6), Number(primitive.Bytes / 1e6),
                    Fine(primitive.PredictedMilliseconds), primitive.Milliseconds is { } time ? Fine(time) : "-", primitive.Milliseconds is { } taken ? Percent(primitive.PredictedMilliseconds / taken) : "-");
            }
        }
        Tables.Write(console, table);
        console.WriteLine(result.Rows[0].Primitives[0].Milliseconds is null
            ? $"ms: not taken, since a primitive on {result.Device} returns before it is done"
            : "ms: from a primitive's start to the next one's, the host's work in between included; medians, one by one");
    }

    private static void WriteRow(Utf8JsonWriter json, StepBenchResult result, StepBenchRow row, bool primitives)
    {
        json.WriteStartObject();
        json.WriteNumber("frozenUnits", row.FrozenUnits);
        json.WriteNumber("units", row.Units);
        json.WriteNumber("stepMilliseconds", row.StepMilliseconds);
        json.WriteNumber("forwardMilliseconds", row.ForwardMilliseconds);
        json.WriteNumber("predictedMilliseconds", row.PredictedMilliseconds);
        json.WriteNumber("measuredFraction", result.MeasuredFraction(row));
        json.WriteNumber("predictedFraction", result.PredictedFraction(row));
        json.WriteNumber("deviation", result.Deviation(row));
        json.WriteNumber("ofBound", row.OfBound);
        json.WriteNumber("ofPeak", OfPeak(result, row));
        json.WriteNumber("flops", row.Flops);
        json.WriteNumber("bytes", row.Bytes);
        json.WriteNumber("savedBytes", row.SavedBytes);
        json.WriteNumber("weightBytes", row.WeightBytes);
        json.WriteNumber("managedBytesPerStep", row.ManagedBytesPerStep);
        if (primitives) WritePrimitives(json, row);
        json.WriteEndObject();
    }

    private static void WritePrimitives(Utf8JsonWriter json, StepBenchRow row)
    {
        json.WriteStartArray("primitives");
        foreach (PrimitiveBenchRow primitive in row.Primitives)
        {
            json.WriteStartObject();
            json.WriteString("primitive", primitive.Primitive.ToString());
            json.WriteNumber("calls", primitive.Calls);
            json.WriteNumber("flops", primitive.Flops);
            json.WriteNumber("bytes", primitive.Bytes);
            json.WriteNumber("predictedMilliseconds", primitive.PredictedMilliseconds);
            if (primitive.Milliseconds is { } time) json.WriteNumber("milliseconds", time);
            else json.WriteNull("milliseconds");
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static double OfPeak(StepBenchResult result, StepBenchRow row) => row.FlopsPerSecond / result.Rates.FlopsPerSecond;

    private static string Frozen(StepBenchRow row) => $"{row.FrozenUnits}/{row.Units}";

    private static string Number(double value) => value.ToString("F2", CultureInfo.InvariantCulture);

    private static string Fine(double value) => value.ToString("F4", CultureInfo.InvariantCulture);

    private static string Percent(double value) => value.ToString("P1", CultureInfo.InvariantCulture);
}
