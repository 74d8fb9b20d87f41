using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>What returns a module as the type that it has.</summary>
public static class ModuleExtensions
{
    /// <summary>
    /// Gives every parameter and buffer memory on the device and its start value, a parameter's keyed by (seed, path); random modules start their streams from the same seed. What is there already, loaded or trained, stays, and
    /// moves if it is on another device. Returns the module: <c>using Linear layer = new Linear(4, 2).Initialize(device, seed: 1);</c>.
    /// </summary>
    /// <param name="module">The module.</param>
    /// <param name="device">Where its memory is.</param>
    /// <param name="seed">Of what is drawn.</param>
    /// <param name="overwrites">Whether what is there is drawn anew too.</param>
    /// <exception cref="InvalidOperationException">Every weight is there already, on this device, and nothing is to be drawn anew.</exception>
    public static T Initialize<T>(this T module, Device device, ulong seed, bool overwrites = false)
        where T : ModuleBase
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(device);
        module.InitializeOnce(device, seed, overwrites);
        return module;
    }
}
