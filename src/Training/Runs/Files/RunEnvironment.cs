using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>Where a run was made, as <c>environment.json</c> holds it: what decides about the last bits of its numbers.</summary>
public sealed record RunEnvironment
{
    /// <summary>The version of the form in which it is written.</summary>
    internal const int CurrentSchema = 1;

    /// <summary>This library's version.</summary>
    public required string Version { get; init; }

    /// <summary>The commit it was built from; null: not known.</summary>
    public required string? Commit { get; init; }

    /// <summary>The .NET version.</summary>
    public required string Runtime { get; init; }

    /// <summary>The operating system and the processor's kind.</summary>
    public required string System { get; init; }

    /// <summary>The device: <c>cpu</c>, or another in words.</summary>
    public required string Device { get; init; }

    /// <summary>The vector instructions that the device uses; null where it is none of the processor's.</summary>
    public required string? Simd { get; init; }

    /// <summary>Threads of the device, 1 where it has none of its own. Results do not depend on them.</summary>
    public required int Threads { get; init; }

    /// <summary>Which form was read.</summary>
    [JsonInclude]
    [JsonRequired]
    [JsonPropertyOrder(-1)]
    internal int Schema { get; init; } = CurrentSchema;

    /// <summary>The present one.</summary>
    public static RunEnvironment Of(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        // Metadata of our own assembly: the build writes version and commit there.
        string[] informational = (typeof(RunEnvironment).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown").Split('+');
        return new RunEnvironment
        {
            Version = informational[0],
            Commit = informational.Length > 1 ? informational[1] : null,
            Runtime = RuntimeInformation.FrameworkDescription,
            System = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}",
            Device = device is CpuDevice ? "cpu" : device.ToString(),
            Simd = (device as CpuDevice)?.SimdLevel.ToString(),
            Threads = device is CpuDevice cpu ? cpu.Threads : 1,
        };
    }

    /// <summary>Writes it into a run's folder.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string folder) => JsonRecord.Write(Path.Combine(folder, RunFiles.Environment), this, RunJson.Default.RunEnvironment);

    /// <summary>What differs from another environment in a way that changes the last bits of a run's numbers, in words; null: nothing.</summary>
    /// <param name="began">Where the run began.</param>
    /// <param name="isOtherPrecision">Whether products are rounded otherwise, which stands behind a device's name and is told for itself.</param>
    internal string? Difference(RunEnvironment began, bool isOtherPrecision = false)
    {
        (string Name, string? Now, string? Then)[] all = [isOtherPrecision ? ("device", NameOf(Device), NameOf(began.Device)) : ("device", Device, began.Device), ("vector instructions", Simd, began.Simd), ("version", $"{Version} {Commit}", $"{began.Version} {began.Commit}")];
        string[] parts = [.. all.Where(part => part.Now != part.Then).Select(part => $"{part.Name} '{part.Now?.Trim()}', began with '{part.Then?.Trim()}'")];
        return parts.Length == 0 ? null : string.Join("; ", parts);

        static string NameOf(string device) => device.Split(',')[0].TrimEnd(')');
    }
}
