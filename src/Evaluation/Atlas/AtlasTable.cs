using System.Globalization;
using CsvHelper;
using Parquet;
using Parquet.Schema;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>The rows of an atlas: <c>atlas.csv</c> and <c>atlas.parquet</c>.</summary>
public static class AtlasTable
{
    private static readonly (string Name, Func<AtlasRow, object> Value)[] Columns =
    [
        ("run", row => row.Run), ("seed", row => (long)row.Seed), ("kind", row => row.Kind), ("unit", row => (long)row.Unit), ("path", row => row.Path), ("step", row => (long)row.Step), ("steps", row => (long)row.Steps),
        ("fraction", row => row.Fraction), ("loss", row => row.Loss), ("accuracy", row => row.Accuracy), ("fullLoss", row => row.FullLoss), ("fullAccuracy", row => row.FullAccuracy), ("price", row => row.Price),
        ("validationLoss", row => row.ValidationLoss), ("fullValidationLoss", row => row.FullValidationLoss), ("operations", row => row.Operations), ("fullOperations", row => row.FullOperations), ("saved", row => row.Saved),
    ];

    /// <summary>The rows of the cells that are done, from their runs' folders.</summary>
    /// <exception cref="FormatException">A file is none of a run's.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static IReadOnlyList<AtlasRow> Of(string folder, AtlasPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        RunSummary full = RunFolder.ReadSummary(AtlasFolder.SourceOf(folder));
        double fullValidation = ValidationLoss(AtlasFolder.SourceOf(folder));
        var rows = new List<AtlasRow>();
        foreach (AtlasCell cell in plan.Cells)
        {
            string at = AtlasFolder.FolderOf(folder, cell);
            if (AtlasFolder.StateOf(at, cell.Fork.ToString()) != RunState.Done) continue;
            RunSummary found = RunFolder.ReadSummary(at);
            rows.Add(new AtlasRow(
                plan.Run, plan.Seed, plan.Kind, cell.Unit, plan.Units[cell.Unit], cell.Step, plan.Steps, Test(found, "loss"), Test(found, "accuracy"), Test(full, "loss"), Test(full, "accuracy"), ValidationLoss(at), fullValidation,
                Training(found), Training(full)));
        }
        return rows;
    }

    /// <summary>Writes both files.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    public static void Write(string folder, IReadOnlyList<AtlasRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        AtomicFile.Write(Path.Combine(folder, AtlasFolder.Rows), stream =>
        {
            using var text = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
            using var csv = new CsvWriter(text, new CsvHelper.Configuration.CsvConfiguration(CultureInfo.InvariantCulture) { NewLine = "\n" });
            foreach ((string name, _) in Columns) csv.WriteField(name);
            csv.NextRecord();
            foreach (AtlasRow row in rows)
            {
                foreach ((_, Func<AtlasRow, object> value) in Columns) csv.WriteField(Text(value(row)));
                csv.NextRecord();
            }
        });
        using var memory = new MemoryStream();
        // The library writes asynchronously only; nothing else is to be done meanwhile.
        WriteParquet(memory, rows).GetAwaiter().GetResult();
        AtomicFile.Write(Path.Combine(folder, AtlasFolder.Parquet), stream => stream.Write(memory.GetBuffer().AsSpan(0, (int)memory.Length)));
    }

    /// <summary>Reads <c>atlas.csv</c>.</summary>
    /// <exception cref="FormatException">It is no atlas's; the message has the line.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<AtlasRow> Read(string folder)
    {
        string path = Path.Combine(folder, AtlasFolder.Rows);
        if (!File.Exists(Path.Combine(folder, AtlasPlan.File)) && !File.Exists(path)) throw new FileNotFoundException($"'{folder}' is no atlas: there is no {AtlasPlan.File}; freeze atlas makes one.");
        if (!File.Exists(path)) throw new FileNotFoundException($"'{folder}' has no {AtlasFolder.Rows}: its atlas is not finished; freeze atlas --only-missing goes on with it.");
        var table = AtlasText.Read(path, ["run", "seed", "kind", "unit", "path", "step", "steps", "loss", "accuracy", "fullLoss", "fullAccuracy", "validationLoss", "fullValidationLoss", "operations", "fullOperations"]);
        return [.. table.Rows.Select(row => new AtlasRow(
            row.Word("run"), (ulong)row.Whole("seed"), row.Word("kind"), (int)row.Whole("unit"), row.Word("path"), (int)row.Whole("step"), (int)row.Whole("steps"), row.Real("loss"), row.Real("accuracy"), row.Real("fullLoss"),
            row.Real("fullAccuracy"), row.Real("validationLoss"), row.Real("fullValidationLoss"), row.Real("operations"), row.Real("fullOperations")))];
    }

    /// <summary>Operations of training, without those of deciding: a fork measures nothing for its decisions, and full training of an atlas a lot.</summary>
    internal static double Training(RunSummary summary) => summary.Flops.Total - summary.Flops.Controller - summary.Flops.Probe;

    private static async Task WriteParquet(Stream stream, IReadOnlyList<AtlasRow> rows)
    {
        DataField[] fields = [.. Columns.Select(column => column.Name is "run" or "kind" or "path" ? new DataField<string>(column.Name, nullable: false) : column.Name is "seed" or "unit" or "step" or "steps" ? new DataField<long>(column.Name) : (DataField)new DataField<double>(column.Name))];
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), stream).ConfigureAwait(false);
        using ParquetRowGroupWriter group = writer.CreateRowGroup();
        for (int i = 0; i < fields.Length; i++)
        {
            Func<AtlasRow, object> value = Columns[i].Value;
            if (fields[i] is DataField<string>) await group.WriteAsync(fields[i], [.. rows.Select(row => (string)value(row))]).ConfigureAwait(false);
            else if (fields[i] is DataField<long>) await group.WriteAsync<long>(fields[i], rows.Select(row => (long)value(row)).ToArray()).ConfigureAwait(false);
            else await group.WriteAsync<double>(fields[i], rows.Select(row => (double)value(row)).ToArray()).ConfigureAwait(false);
        }
    }

    private static double Test(RunSummary summary, string metric) => summary.Test.GetValueOrDefault(metric) ?? double.NaN;

    private static double ValidationLoss(string run) => RunFolder.ReadMetrics(run).LastOrDefault(row => row.ValidationLoss is not null)?.ValidationLoss ?? double.NaN;

    private static string Text(object value) => value is double real ? AtlasText.Number(real) : Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
