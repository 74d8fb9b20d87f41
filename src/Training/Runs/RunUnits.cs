using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
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

    /// <summary>How they are written, for messages.</summary>
    public const string Usage = $"{Names}; as {Block}:head=PATH+PATH the head, which is never frozen, is named and not found, as {Block}:head=none there is none";

    private const int ProbeSamples = 32;
    private const string FoundHead = "found";
    private const string NoHead = "none";

    /// <summary>Finds out whether the text names a division.</summary>
    public static void Check(string text) => Read(text);

    /// <summary>The division of a run's model.</summary>
    public static UnitDivision Of(RunParts parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        (string name, string head) = Read(parts.Settings.Units);
        UnitDivision division = name switch
        {
            "module" => UnitDivision.Modules,
            "tensor" => UnitDivision.Tensors,
            "traced" => UnitDivision.Traced(() =>
            {
                Batch batch = parts.Data.Train.First(2);
                try
                {
                    return parts.Forward(batch);
                }
                finally
                {
                    foreach (TensorBase tensor in batch.Tensors) tensor.Dispose();
                }
            }),
            _ => UnitDivision.Blocks,
        };
        return head switch
        {
            FoundHead => division,
            NoHead => division.WithHead(),
            _ => division.WithHead(head.Split('+')),
        };
    }

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
        return new ProbeBatch(parts.Model, batch, parts.Forward, outputs => parts.Task.Loss(outputs, batch));
    }

    private static (string Name, string Head) Read(string text)
    {
        Spec spec = Spec.Parse(text);
        if (spec.Name is not (Block or "module" or "tensor" or "traced")) throw new ArgumentException($"Units '{spec.Name}' are unknown; expected {Names}.");
        string head = spec.Word("head", FoundHead);
        spec.Finish();
        return (spec.Name, head);
    }
}
