using ResearchFreeze.Autograd;

namespace ResearchFreeze.Cli;

/// <summary>Opens a verb's device and closes it. What is to be known about the choice is a warning on standard error.</summary>
internal static class OnDevice
{
    /// <summary>Runs a verb's work on the device that a name picks.</summary>
    public static int Run(string name, int threads, TextWriter error, Func<Device, int> work)
    {
        using Device device = Devices.Create(name, threads, Warn);
        device.Warn = Warn;
        return work(device);

        void Warn(string message) => error.WriteLine($"warning: {message}");
    }
}
