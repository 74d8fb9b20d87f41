using System.Text.Json;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Decisions as JSON Lines; <c>docs/decision-log.md</c> has the schema. The first line says how the run decides, each other line is a change (<see cref="DecisionEntry"/>) or, with the key <c>check</c>, what the rule was
/// shown at a check. Numbers that are not finite are left out; in a list they are null. Each line is flushed, so a run that is killed keeps its decisions. <see cref="DecisionRecord.Read"/> reads it.
/// </summary>
public sealed class DecisionLog : IDecisionLog, IDisposable
{
    /// <summary>The version of the schema that is written.</summary>
    public const int Schema = 2;

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
            json.WriteNumber("schema", Schema);
            json.WriteString("criterion", criterion);
            json.WriteString("rule", rule);
            json.WriteString("division", options.Units.Name);
            json.WriteNumber("checkEvery", options.CheckEvery);
            json.WriteNumber("warmUpSteps", options.WarmUpSteps);
            Number(json, "rateDrop", options.RateDrop);
            Number(json, "regressionMargin", options.RegressionMargin);
            json.WriteNumber("thawAfterSteps", options.ThawAfterSteps);
            json.WriteNumber("probeEvery", options.ProbeEvery);
            Number(json, "probeDebt", options.ProbeDebt);
            Number(json, "guardMargin", options.GuardMargin);
            Number(json, "mostFrozen", options.MostFrozen);
            json.WriteNumber("mostAtOnce", options.MostAtOnce);
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
            if (entry.RateScale is { } scale) json.WriteNumber("rateScale", scale);
            if (entry.StateAction is { } action) json.WriteString("stateAction", action.ToString().ToLowerInvariant());
            if (entry.RestoredStep is { } restored) json.WriteNumber("restoredStep", restored);
            if (entry.UpdateMasks is { } masks) WriteMasks(json, masks);
            if (entry.Observation is { } observation) WriteObservation(json, observation);
        });
    }

    /// <inheritdoc/>
    public void Checked(CheckContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Line(json =>
        {
            json.WriteNumber("step", context.Step);
            json.WriteStartArray("check");
            foreach (UnitView unit in context.Units)
            {
                json.WriteStartObject();
                json.WriteString("path", unit.Path);
                json.WriteBoolean("frozen", unit.IsFrozen);
                json.WriteNumber("age", unit.Age);
                Number(json, "score", unit.Score);
                json.WriteString("explanation", unit.Explanation);
                if (unit.Probe is { } probe)
                {
                    Number(json, "probedGradient", probe.GradientNorm);
                    Number(json, "debt", probe.Debt);
                }
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => file.Dispose();

    private static void WriteMasks(Utf8JsonWriter json, IReadOnlyList<UpdateMask?> masks)
    {
        json.WriteStartArray("updateMasks");
        foreach (UpdateMask? mask in masks)
        {
            if (mask is null)
            {
                json.WriteNullValue();
                continue;
            }
            json.WriteStartObject();
            json.WriteString("axis", mask.Axis.ToString().ToLowerInvariant());
            json.WriteString("trains", string.Concat(mask.Trains.Select(part => part ? '1' : '0')));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

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
