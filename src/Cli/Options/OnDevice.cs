using ResearchFreeze.Autograd;
using ResearchFreeze.Training;

namespace ResearchFreeze.Cli;

/// <summary>Opens a verb's device and closes it. What is to be known about the choice is a warning on standard error; what the driver throws in between is an error of one line, as of a device that cannot be opened.</summary>
internal static class OnDevice
{
    /// <summary>Runs a verb's work on the device that a name picks.</summary>
    public static int Run(string name, int threads, Precision precision, TextWriter error, Func<Device, int> work)
    {
        Device device = Devices.Create(name, threads, Warn, precision);
        device.Warn = Warn;
        return Run(device, error, work);

        void Warn(string message) => error.WriteLine($"warning: {message}");
    }

    /// <summary>Runs a verb's work on the device of a run's settings.</summary>
    public static int Run(RunSettings settings, TextWriter error, Func<Device, int> work) => Run(settings.Device, settings.Threads, Precisions.Parse(settings.Precision), error, work);

    /// <summary>Runs a verb's work on a device, and disposes it.</summary>
    /// <exception cref="DeviceUnavailableException">The driver has failed.</exception>
    public static int Run(Device device, TextWriter error, Func<Device, int> work)
    {
        bool isDone = false;
        try
        {
            int code = work(device);
            isDone = true;
            return code;
        }
        catch (Exception e) when (device.FailureOf(e) is { } failure)
        {
            throw failure;
        }
        finally
        {
            Close(device, error, isDone);
        }
    }

    /// <summary>A driver that a kernel has brought down may throw as it is closed, too. Where the work is done, its report has been written and this is a warning; elsewhere what happened before must not be hidden by it.</summary>
    private static void Close(Device device, TextWriter error, bool isDone)
    {
        try
        {
            device.Dispose();
        }
        catch (Exception e) when (!isDone || e is not InvalidOperationException)
        {
            if (isDone) error.WriteLine($"warning: {device.Name} could not be closed: {e.Message.ReplaceLineEndings(" ")}");
        }
    }
}
