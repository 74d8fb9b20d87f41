using System.Globalization;
using CsvHelper;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Evaluation;

/// <summary>What all criteria and statistics gave along full training: <c>statistics.csv</c>, a row a unit and check.</summary>
public static class AtlasStatistics
{
    private static readonly string[] Keys = ["run", "seed", "unit", "path", "step", "steps"];

    /// <summary>Reads them from the decision log of full training.</summary>
    /// <exception cref="FormatException">The log is none of a run under <see cref="AllScores"/>.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<AtlasScore> Of(string folder, AtlasPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var scores = new List<AtlasScore>();
        foreach (RecordedCheck check in DecisionRecord.Read(Path.Combine(AtlasFolder.SourceOf(folder), "decisions.jsonl")).Checks)
        {
            for (int unit = 0; unit < check.Units.Count; unit++)
            {
                if (check.Units[unit].Age > 0 || AllScores.Read(check.Units[unit].Explanation) is not { } values) continue;
                scores.Add(new AtlasScore(plan.Run, plan.Seed, unit, plan.Units[unit], check.Step, plan.Steps, values.ToDictionary(value => value.Name, value => value.Value, StringComparer.Ordinal)));
            }
        }
        // A price is there from the first check on at which one was known.
        string[] columns = [.. scores.SelectMany(score => score.Values.Keys).Distinct(StringComparer.Ordinal)];
        return [.. scores.Select(score => score with { Values = columns.ToDictionary(column => column, column => score.Values.GetValueOrDefault(column, double.NaN), StringComparer.Ordinal) })];
    }

    /// <summary>Writes them.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    public static void Write(string folder, IReadOnlyList<AtlasScore> scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        string[] columns = [.. scores.SelectMany(score => score.Values.Keys).Distinct(StringComparer.Ordinal).OrderBy(name => !AllScores.IsScore(name)).ThenBy(name => name, StringComparer.Ordinal)];
        AtomicFile.Write(Path.Combine(folder, AtlasFolder.Statistics), stream =>
        {
            using var text = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
            using var csv = new CsvWriter(text, new CsvHelper.Configuration.CsvConfiguration(CultureInfo.InvariantCulture) { NewLine = "\n" });
            foreach (string name in Keys.Concat(columns)) csv.WriteField(name);
            csv.NextRecord();
            foreach (AtlasScore score in scores)
            {
                foreach (string key in (string[])[score.Run, $"{score.Seed}", $"{score.Unit}", score.Path, $"{score.Step}", $"{score.Steps}"]) csv.WriteField(key);
                foreach (string column in columns) csv.WriteField(score.Values.TryGetValue(column, out double value) ? AtlasText.Number(value) : "");
                csv.NextRecord();
            }
        });
    }

    /// <summary>Reads <c>statistics.csv</c>.</summary>
    /// <exception cref="FormatException">It is no atlas's; the message has the line.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<AtlasScore> Read(string folder)
    {
        var table = AtlasText.Read(Path.Combine(folder, AtlasFolder.Statistics), Keys);
        string[] columns = [.. table.Columns.Except(Keys)];
        return [.. table.Rows.Select(row => new AtlasScore(
            row.Word("run"), (ulong)row.Whole("seed"), (int)row.Whole("unit"), row.Word("path"), (int)row.Whole("step"), (int)row.Whole("steps"),
            columns.ToDictionary(column => column, column => row.Real(column), StringComparer.Ordinal)))];
    }
}
