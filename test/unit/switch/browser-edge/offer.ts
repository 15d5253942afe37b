/** A browser's offer, by Chromium on Debian. */
export const chromiumsOffer = `v=0
o=- 7178411305333326867 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS 938012b3-840e-4281-b3b7-71966506289b
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:2764098142 1 udp 2113937151 088609bf-7d8a-41b3-80e3-0737ee41029a.local 37273 typ host generation 0
a=ice-ufrag:pdaD
a=ice-pwd:tTlzxpSmMNeFQoAcjpNUwTRR
a=ice-options:trickle
a=fingerprint:sha-256 0A:AD:DF:A1:EF:55:C8:FB:EA:89:D7:8A:21:08:2C:46:5A:A8:2C:B4:CA:35:91:D7:AB:25:31:39:C6:E7:75:C2
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=sendrecv
a=msid:938012b3-840e-4281-b3b7-71966506289b 992b8572-5e5b-41f4-bf57-8062dec2e91b
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
a=ssrc:1964456619 cname:19cQfmKURlUmch2I
`.replaceAll('\n', '\r\n')
