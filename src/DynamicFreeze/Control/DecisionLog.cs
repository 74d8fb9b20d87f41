using System.Text.Json;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Decisions as JSON Lines. The first line is <c>{"schema":1,"criterion":…,"rule":…,"checkEvery":…,"warmUpSteps":…,"rateDrop":…,"regressionMargin":…,"units":[path,…]}</c>, each other line one
/// <see cref="DecisionEntry"/>: <c>{"step","unit","path","action","trigger","reason","learningRate","score"?,"observation"?:{"step","steps","integratedRate","values":{statistic:[…]}}}</c>.
/// Numbers that are not finite are left out; in a list they are null. Each line is flushed, so a run that is killed keeps its decisions.
/// </summary>
public sealed class DecisionLog : IDecisionLog, IDisposable
{
    private readonly FileStream file;

    /// <summary>Starts a log; an older file is replaced.</summary>
    public DecisionLog(string path)
    {
        file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read);
    }

    /// <inheritdoc/>
    public void Begin(string criterion, string rule, FreezeOptions options, IReadOnlyList<FreezeUnit> units)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(units);
        Line(json =>
        {
            json.WriteNumber("schema", 1);
            json.WriteString("criterion", criterion);
            json.WriteString("rule", rule);
            json.WriteNumber("checkEvery", options.CheckEvery);
            json.WriteNumber("warmUpSteps", options.WarmUpSteps);
            Number(json, "rateDrop", options.RateDrop);
            Number(json, "regressionMargin", options.RegressionMargin);
            json.WriteStartArray("units");
            foreach (FreezeUnit unit in units) json.WriteStringValue(unit.Path);
            json.WriteEndArray();
        });
    }

    /// <inheritdoc/>
    public void Write(DecisionEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        Line(json =>
        {
            json.WriteNumber("step", entry.Step);
            json.WriteNumber("unit", entry.Unit);
            json.WriteString("path", entry.Path);
            json.WriteString("action", entry.Action.ToString().ToLowerInvariant());
            json.WriteString("trigger", entry.Trigger);
            json.WriteString("reason", entry.Reason);
            if (float.IsFinite(entry.LearningRate)) json.WriteNumber("learningRate", entry.LearningRate);
            Number(json, "score", entry.Score);
            if (entry.Observation is { } observation) WriteObservation(json, observation);
        });
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => file.Dispose();

    private static void WriteObservation(Utf8JsonWriter json, Observation observation)
    {
        json.WriteStartObject("observation");
        json.WriteNumber("step", observation.Step);
        json.WriteNumber("steps", observation.Steps);
        Number(json, "integratedRate", observation.IntegratedRate);
        json.WriteStartObject("values");
        foreach ((string key, double[] values) in observation.All)
        {
            json.WriteStartArray(key);
            foreach (double value in values)
            {
                if (double.IsFinite(value)) json.WriteNumberValue(value);
                else json.WriteNullValue();
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
    }

    private void Line(Action<Utf8JsonWriter> write)
    {
        using (var json = new Utf8JsonWriter(file))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        file.WriteByte((byte)'\n');
        file.Flush();
    }
}
