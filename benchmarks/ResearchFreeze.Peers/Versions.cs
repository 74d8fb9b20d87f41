using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using TorchSharp;

namespace ResearchFreeze.Peers;

/// <summary>What a result was made with.</summary>
internal static class Versions
{
    public const string Peer = "TorchSharp 0.107 (libtorch 2.10)";

    /// <summary>Our device, in words.</summary>
    public static string Ours(int threads)
    {
        using var device = new Autograd.CpuDevice(threads);
        return $"ResearchFreeze on {device}";
    }

    public static JsonObject Libraries() => new()
    {
        ["torchSharp"] = typeof(torch).Assembly.GetName().Version!.ToString(3),
        ["libtorch"] = torch.__version__,
    };

    public static JsonObject Machine()
    {
        JsonObject versions = Libraries();
        versions["simd"] = Autograd.CpuDevice.Best.ToString();
        versions["runtime"] = RuntimeInformation.FrameworkDescription;
        versions["system"] = RuntimeInformation.OSDescription;
        versions["processor"] = Processor();
        versions["processors"] = Environment.ProcessorCount;
        return versions;
    }

    private static string Processor()
    {
        const string Path = "/proc/cpuinfo", Key = "model name";
        string? line = File.Exists(Path) ? File.ReadLines(Path).FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal)) : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
