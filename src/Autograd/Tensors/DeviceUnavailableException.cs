namespace ResearchFreeze.Autograd;

/// <summary>A device that was asked for cannot be used here, or no longer. The message says why in one line.</summary>
public sealed class DeviceUnavailableException(string message, Exception? inner = null) : InvalidOperationException(message, inner);
