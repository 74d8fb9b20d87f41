using Xunit.v3;

namespace ResearchFreeze.Tests;

/// <summary>Tests whose results depend on the CPU's kernels: they run once more in child processes for each lesser SIMD level; see <see cref="Autograd.CpuDeviceProcessTests"/>.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class EverySimdLevelAttribute : Attribute, ITraitAttribute
{
    /// <summary>The runner's name for them.</summary>
    public const string Trait = "Simd=every";

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Simd", "every")];
}
