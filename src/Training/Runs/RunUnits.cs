using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>The names of divisions, and what a run's controller looks at.</summary>
public static class RunUnits
{
    /// <summary>The default division.</summary>
    public const string Block = "block";

    /// <summary>The names, for messages.</summary>
    public const string Names = "block, module, tensor or traced";

    private const int ProbeSamples = 32;

    /// <summary>Finds out whether the name is one.</summary>
    public static void Check(string name)
    {
        if (name is not (Block or "module" or "tensor" or "traced")) throw new ArgumentException($"Units '{name}' are unknown; expected {Names}.");
    }

    /// <summary>The division of a run's model.</summary>
    public static UnitDivision Of(RunParts parts) => parts.Settings.Units switch
    {
        "module" => UnitDivision.Modules,
        "tensor" => UnitDivision.Tensors,
        "traced" => UnitDivision.Traced(() =>
        {
            Batch batch = parts.Data.Train.First(2);
            using Tensor inputs = batch.Inputs;
            batch.Labels.Dispose();
            return parts.Model.Forward(inputs);
        }),
        _ => UnitDivision.Blocks,
    };

    /// <summary>Whether a policy looks at a probe batch.</summary>
    public static bool NeedsProbe(Policy policy, FreezeOptions options)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(options);
        return options.Replay is null && (options.ProbeEvery > 0 || policy.Criterion.Statistics.Any(statistic => (statistic.Reads & ProbeBatch.Serves) != 0));
    }

    /// <summary>A probe batch of the first training images, as they are stored, where the policy needs one; null: it does not.</summary>
    public static ProbeBatch? ProbeOf(RunParts parts, FreezeOptions options)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (!NeedsProbe(parts.Policy, options)) return null;
        Batch batch = parts.Data.Train.First(ProbeSamples);
        return new ProbeBatch(parts.Model, batch.Inputs, batch.Labels);
    }
}
