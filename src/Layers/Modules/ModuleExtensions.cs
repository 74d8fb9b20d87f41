using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>What returns a module as the type that it has.</summary>
public static class ModuleExtensions
{
    /// <summary>
    /// Gives every parameter and buffer memory on the device and its start value, a parameter's keyed by (seed, path); random modules start their streams from the same seed. Returns the module:
    /// <c>using Linear layer = new Linear(4, 2).Initialize(device, seed: 1);</c>.
    /// </summary>
    public static T Initialize<T>(this T module, Device device, ulong seed)
        where T : ModuleBase
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(device);
        module.InitializeAll(device, seed);
        return module;
    }
}
