using System.Globalization;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>
/// Layer-wise rate decay, as for fine-tuning (Howard and Ruder 2018; Clark et al. 2020): the i-th unit before the head trains at rate · factor^i. The head, i = 0, keeps the schedule's rate; without a head the last unit is i = 0.
/// As settings of <see cref="ParameterGroup"/>s they stand beside what a rule multiplies rates with, are no pin, and an optimizer with others refuses the state.
/// </summary>
public static class LayerDecay
{
    /// <summary>Groups by the model's blocks, <see cref="UnitDivision.Blocks"/>, whatever a run's units are: of finer units a factor would mean another thing.</summary>
    /// <exception cref="ArgumentException">The factor is not in (0, 1), or the model has one block, for which it would have no effect.</exception>
    public static ParameterGroup[] Groups(ModuleBase model, float factor) => Groups(FreezeUnit.Of(model), factor);

    /// <summary>Groups by these units.</summary>
    /// <exception cref="ArgumentException">The factor is not in (0, 1), or there is no unit before the head, for which it would have no effect.</exception>
    public static ParameterGroup[] Groups(IReadOnlyList<FreezeUnit> units, float factor)
    {
        ArgumentNullException.ThrowIfNull(units);
        if (factor is not (> 0 and < 1)) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Layer decay: expected a factor in (0, 1), found {factor}."));
        int distance = units.Any(unit => unit.IsHead) ? 0 : -1;
        var groups = new List<ParameterGroup>();
        foreach (FreezeUnit unit in units.Reverse())
        {
            if (!unit.IsHead) distance++;
            if (unit.IsHead || distance == 0) continue;
            var own = new HashSet<Parameter>(unit.Parameters, ReferenceEqualityComparer.Instance);
            float scale = (float)Math.Pow(factor, distance);
            if (scale == 0) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Layer decay: {factor} to the power of {distance}, for unit '{unit.Path}', is 0 in single precision; expected a larger factor."));
            groups.Add(new ParameterGroup($"layer decay, {unit.Path}", named => own.Contains(named.Parameter)) { RateScale = scale });
        }
        return groups.Count > 0 ? [.. groups] : throw new ArgumentException($"Layer decay: expected units before the head, found none: {string.Join(", ", units.Select(unit => unit.Path))}.");
    }
}
