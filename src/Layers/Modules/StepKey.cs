using System.Runtime.InteropServices;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// What of a model changes the commands of a training step: which parameters are frozen or masked, which branches are cut, every module's mode. A key for <see cref="StepGraphs"/>, made anew for each step without making garbage.
/// What a module of one's own decides on the host from step to step is no part of it.
/// </summary>
/// <param name="model">The model, whose modules and parameters stay what they are.</param>
public sealed class StepKey(ModuleBase model)
{
    private const int Bits = 62;
    private readonly ModuleBase[] modules = [.. model.Modules()];
    private readonly Parameter[] parameters = [.. model.Parameters()];
    private readonly List<long> words = [];
    private long word;
    private int used;

    /// <summary>The key of the step that comes next; valid until it is asked for again.</summary>
    /// <param name="more">What else changes it, such as a loss's weight.</param>
    public ReadOnlySpan<long> Next(params ReadOnlySpan<long> more)
    {
        words.Clear();
        (word, used) = (0, 0);
        foreach (ModuleBase module in modules)
        {
            Add(module.IsTraining);
            if (module is IResidualBranch branch) Add(branch.IsCut);
            if (module is not BatchNorm norm) continue;
            Add(norm.Frozen == FrozenNormalisation.Eval);
            Add(norm.Frozen == FrozenNormalisation.BatchStatistics);
        }
        foreach (Parameter parameter in parameters)
        {
            Add(parameter.IsFrozen);
            Add(parameter.UpdateMask is not null);
        }
        words.Add(word);
        words.AddRange(more);
        return CollectionsMarshal.AsSpan(words);
    }

    private void Add(bool bit)
    {
        word = (word << 1) | (bit ? 1L : 0);
        if (++used % Bits != 0) return;
        words.Add(word);
        word = 0;
    }
}
